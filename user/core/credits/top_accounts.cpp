// SPDX-License-Identifier: Apache-2.0
#include "core/credits/top_accounts.h"

#include <algorithm>

namespace cgtally {

void TopAccounts::add(const std::vector<Sample>& samples, const Moment& now) {
  Interval interval{.end = now.boot, .accounts = {}};
  for (const Sample& sample : samples) {
    if (!sample.delta.empty()) interval.accounts[sample.account] += sample.delta;
  }
  intervals_.push_back(std::move(interval));
  while (intervals_.size() > 1 && now.boot - intervals_.front().end >= window_) {
    intervals_.pop_front();
  }
}

TopAccountList TopAccounts::top(Direction direction, std::size_t most) const {
  std::map<std::string, std::uint64_t> sums;
  std::uint64_t all = 0;
  for (const Interval& interval : intervals_) {
    for (const auto& [account, traffic] : interval.accounts) {
      sums[account] += bytes_of(traffic, direction).value;
      all += bytes_of(traffic, direction).value;
    }
  }
  TopAccountList list;
  if (all == 0) return list;
  std::vector<TopAccount> accounts;
  for (const auto& [account, bytes] : sums) {
    if (bytes == 0) continue;
    accounts.push_back({account, static_cast<double>(bytes) / static_cast<double>(all)});
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
