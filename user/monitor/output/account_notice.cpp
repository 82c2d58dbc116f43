// SPDX-License-Identifier: Apache-2.0
#include "monitor/output/account_notice.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/containers/account_label.h"
#include "core/containers/grouping.h"
#include "core/traffic/account.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostNamed = 5;

}  // namespace

void AccountNotice::see(std::string_view account, const ContainerName& owner) {
  if (done_) return;
  if (account_passes(glob_, account, owner)) {
    done_ = true;
    return;
  }
  if (account == reason_name(AccountKind::kernel)) return;  // has a row without traffic, too
  if (others_.size() > kMostNamed) return;
  const std::string label = printable(account_label(account, owner));
  if (std::ranges::find(others_, label) == others_.end()) others_.push_back(label);
}

void AccountNotice::tell(Notices& notices) {
  if (done_ || others_.empty()) return;
  const bool more = others_.size() > kMostNamed;
  if (more) others_.resize(kMostNamed);
  notices.report(fmt::format("no account with traffic matches --account '{}' yet; there {} {}{}",
                             printable(glob_), others_.size() == 1 ? "is" : "are",
                             fmt::join(others_, ", "), more ? ", ..." : ""));
  done_ = true;
  others_.clear();
}

}  // namespace cgtally::monitor
