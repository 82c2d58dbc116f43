// SPDX-License-Identifier: Apache-2.0
// What a run has seen of bursts, said once at its end. A verdict is only spoken where the device
// counts what it held back: without such counters nobody knows whether a burst did any harm.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/histogram.h"
#include "core/bursts/cause.h"

namespace cgtally {

class BurstTotals {
 public:
  // All that came in windows, in bursts or not.
  void add_traffic(Direction direction, Bytes bytes);
  void add_missed(std::uint64_t windows);
  // Windows that were missed and what they held, as it becomes known.
  void add_missed_traffic(Direction direction, Bytes bytes);
  void set_late(Bytes bytes) { late_ = bytes; }
  // `account`: the name of its top account.
  void add(const ExplainedBurst& burst, const std::string& account);
  void add_exceeded(Direction direction, std::uint64_t packets);

  [[nodiscard]] Bytes traffic(Direction direction) const { return way(direction).all; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }  // windows
  [[nodiscard]] std::uint64_t bursts() const { return lengths_.count(); }
  [[nodiscard]] std::vector<std::string> lines(Nanoseconds duration, std::size_t top) const;

 private:
  struct Way {
    Bytes all;
    Bytes in_bursts;
    Bytes missed;
    std::uint64_t bursts = 0;
    std::optional<std::uint64_t> exceeded;
  };
  [[nodiscard]] const Way& way(Direction direction) const {
    return ways_[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] Way& way(Direction direction) { return ways_[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] std::string volume_words() const;
  [[nodiscard]] std::string missed_words() const;
  [[nodiscard]] std::vector<std::string> account_lines(std::size_t top) const;
  [[nodiscard]] std::vector<std::string> verdict_lines() const;

  std::array<Way, 2> ways_;
  Histogram lengths_;  // nanoseconds
  Histogram volumes_;  // bytes
  Histogram gaps_;     // nanoseconds, between the bursts of one interface and direction
  std::map<std::pair<std::string, Direction>, Nanoseconds> last_end_;
  std::map<std::string, std::pair<std::uint64_t, Bytes>> accounts_;  // bursts led, bytes at least
  std::uint64_t missed_ = 0;                                         // windows
  Bytes late_;
};

}  // namespace cgtally
