// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/session.h"

#include "monitor/session/grouped_session.h"
#include "monitor/session/pinned_session.h"
#include "monitor/session/private_session.h"

namespace cgtally::monitor {
namespace {

Result<std::unique_ptr<Session>> start_one(const SessionOptions& options, Notices& notices) {
  if (!options.private_ledger) {
    auto joined = PinnedSession::join(options, notices);
    if (!joined || *joined) return joined;
  }
  return PrivateSession::start(options, notices);
}

}  // namespace

Result<std::unique_ptr<Session>> Session::start(const SessionOptions& options, Notices& notices) {
  auto session = start_one(options, notices);
  if (!session || options.by == Grouping::cgroup) return session;
  return std::make_unique<GroupedSession>(*std::move(session), options.by);
}

}  // namespace cgtally::monitor
