// SPDX-License-Identifier: Apache-2.0
#include "core/credits/top_accounts.h"

#include <algorithm>

namespace cgtally {

void TopAccounts::add(const std::vector<Sample>& samples, const Moment& now) {
  Interval interval{.end = now.boot, .accounts = {}};
  for (const Sample& sample : samples) {
    if (sample.delta.empty()) continue;
    AccountSum& sum = interval.accounts[sample.account];
    sum.moved += sample.delta;
    sum.label = sample.label();
  }
  intervals_.push_back(std::move(interval));
  while (intervals_.size() > 1 && now.boot - intervals_.front().end >= window_) {
    intervals_.pop_front();
  }
}

TopAccountList TopAccounts::top(Direction direction, std::size_t most) const {
  struct Sum {
    std::uint64_t bytes = 0;
    std::string label;
  };
  std::map<std::string, Sum> sums;
  std::uint64_t all = 0;
  for (const Interval& interval : intervals_) {
    for (const auto& [account, one] : interval.accounts) {
      const std::uint64_t bytes = bytes_of(one.moved, direction).value;
      sums[account].bytes += bytes;
      sums[account].label = one.label;
      all += bytes;
    }
  }
  TopAccountList list;
  if (all == 0) return list;
  std::vector<TopAccount> accounts;
  for (auto& [account, sum] : sums) {
    if (sum.bytes == 0) continue;
    accounts.push_back({.account = account,
                        .share = static_cast<double>(sum.bytes) / static_cast<double>(all),
                        .label = std::move(sum.label)});
  }
  std::ranges::stable_sort(accounts, std::greater{}, &TopAccount::share);
  for (TopAccount& one : accounts) {
    if (list.named.size() < most) {
      list.named.push_back(std::move(one));
    } else {
      ++list.other_count;
      list.other_share += one.share;
    }
  }
  return list;
}

}  // namespace cgtally
