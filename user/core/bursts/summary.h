// SPDX-License-Identifier: Apache-2.0
// The bursts of a run, summed up at its end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/histogram.h"
#include "core/bursts/cause.h"

namespace cgtally {

// Adds up what the burst monitor saw: traffic, bursts, missed windows, counter gains. It has a
// verdict for a direction only if the device counts the packets that it held back: without counters
// it is not known whether a burst did any harm.
class BurstTotals {
 public:
  // All bytes of windows, whether in bursts or not.
  void add_traffic(Direction direction, Bytes bytes);
  void add_missed(std::uint64_t windows);
  // Bytes of missed windows, as they become known.
  void add_missed_traffic(Direction direction, Bytes bytes);
  void set_late(Bytes bytes) { late_ = bytes; }
  // `account`: its top account; `label`: what people call that; empty: the account itself.
  void add(const ExplainedBurst& burst, const std::string& account, const std::string& label = "");
  void add_exceeded(Direction direction, std::uint64_t packets);

  [[nodiscard]] Bytes traffic(Direction direction) const { return directions_[direction].all; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }  // windows
  [[nodiscard]] std::uint64_t bursts() const { return lengths_.count(); }
  [[nodiscard]] std::vector<std::string> lines(Nanoseconds duration, std::size_t top) const;

 private:
  struct DirectionTotals {
    Bytes all;
    Bytes in_bursts;
    Bytes missed;
    std::uint64_t bursts = 0;
    std::optional<std::uint64_t> exceeded;
  };
  struct AccountRank {
    std::uint64_t led = 0;  // bursts in which it was the top account
    Bytes bytes;            // its lower bounds in them
    std::string label;
  };
  [[nodiscard]] std::string volume_words() const;
  [[nodiscard]] std::string missed_words() const;
  [[nodiscard]] std::vector<std::string> account_lines(std::size_t top) const;
  [[nodiscard]] std::vector<std::string> verdict_lines() const;

  PerDirection<DirectionTotals> directions_;
  Histogram lengths_;  // nanoseconds
  Histogram volumes_;  // bytes
  Histogram gaps_;     // nanoseconds, between the bursts of one interface and direction
  std::map<std::pair<std::string, Direction>, Nanoseconds> last_end_;
  std::map<std::string, AccountRank> accounts_;
  std::uint64_t missed_ = 0;  // windows
  Bytes late_;
};

}  // namespace cgtally
