// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/session.h"

#include "monitor/session/pinned_session.h"
#include "monitor/session/private_session.h"

namespace cgtally::monitor {

Result<std::unique_ptr<Session>> Session::start(const SessionOptions& options, Notices& notices) {
  if (!options.private_ledger) {
    auto joined = PinnedSession::join(options, notices);
    if (!joined || *joined) return joined;
  }
  return PrivateSession::start(options, notices);
}

}  // namespace cgtally::monitor
