// SPDX-License-Identifier: Apache-2.0
// A minute of traffic: what an account moved in each second of it. Also the columns of characters
// that show it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/traffic/direction.h"

namespace cgtally::screen {

// Fed with intervals as they come, by AccountBook. An interval longer than a second is spread over
// its seconds evenly; shorter ones are put together, so that the memory is 60 values, whatever the
// interval is.
class MinuteHistory {
 public:
  static constexpr std::size_t kSeconds = 60;
  using Seconds = std::array<double, kSeconds>;  // bytes in each second, oldest first

  // Intervals must come in the order of their ends (boot time).
  void add(const Traffic& moved, Nanoseconds interval, Nanoseconds end);
  // Adds the minute up to `now` to the sums.
  void add_to(PerDirection<Seconds>& sums, Nanoseconds now) const;

 private:
  struct Piece {
    Nanoseconds begin{};
    Nanoseconds end{};
    PerDirection<std::uint64_t> bytes;
  };
  std::deque<Piece> pieces_;
};

// `height` lines of a column for each value; the highest value fills all of them, and what is there
// is never shown as nothing. Eighths of a character if `unicode`, else " .:|#".
[[nodiscard]] std::vector<std::string> chart(const std::vector<double>& values, std::size_t height,
                                             bool unicode);

}  // namespace cgtally::screen
