// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/session.h"

#include "monitor/session/pinned_session.h"
#include "monitor/session/private_session.h"

namespace cgtally::monitor {

Result<std::unique_ptr<Session>> Session::start(const SessionOptions& options) {
  std::vector<std::string> why;
  if (!options.private_ledger) {
    auto joined = PinnedSession::join(options, why);
    if (!joined || *joined) {
      return joined;
    }
  }
  auto own = PrivateSession::start(options);
  if (own) {
    auto& notices = (*own)->notices_;
    notices.insert(notices.begin(), why.begin(), why.end());
  }
  return own;
}

}  // namespace cgtally::monitor
