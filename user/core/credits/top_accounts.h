// SPDX-License-Identifier: Apache-2.0
// The accounts that spend the credits: each account's share of one direction's bytes over the last
// seconds. The drain is shared in proportion, since no byte is more above the baseline than
// another.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/traffic/direction.h"
#include "core/traffic/sample.h"

namespace cgtally {

struct TopAccount {
  std::string account;
  double share = 0;     // of the direction's bytes
  std::string label{};  // as people call it; empty: the account itself

  [[nodiscard]] const std::string& shown() const { return label.empty() ? account : label; }
};

struct TopAccountList {
  std::vector<TopAccount> named;  // heaviest first
  std::size_t other_count = 0;
  double other_share = 0;
};

// A sliding window of samples, summed by account. Credits owns one for both directions. It does not
// know what is above the baseline.
class TopAccounts {
 public:
  explicit TopAccounts(Nanoseconds window = std::chrono::seconds{10}) : window_(window) {}

  // The samples of one interval.
  void add(const std::vector<Sample>& samples, const Moment& now);
  [[nodiscard]] TopAccountList top(Direction direction, std::size_t most) const;

 private:
  struct AccountSum {
    Traffic moved;
    std::string label;
  };
  struct Interval {
    Nanoseconds end{};  // boot time
    std::map<std::string, AccountSum> accounts;
  };
  Nanoseconds window_;
  std::deque<Interval> intervals_;
};

}  // namespace cgtally
