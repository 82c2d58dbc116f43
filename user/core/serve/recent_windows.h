// SPDX-License-Identifier: Apache-2.0
// RecentWindows: the last second of an interface's direction in cells of a millisecond, for a
// chart.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally::serve {

// Adds up windows as they come. A cell is a millisecond, or a window if that is longer. Memory is
// that of one and a half seconds.
class RecentWindows {
 public:
  explicit RecentWindows(Nanoseconds window);

  void add(const std::vector<TrafficWindow>& windows);
  // The bytes of the cells of a second, oldest first; the last one has ended at `end`, which is a
  // multiple of cell().
  [[nodiscard]] std::vector<std::uint64_t> cells(Nanoseconds end) const;
  [[nodiscard]] Nanoseconds cell() const { return cell_; }
  // The last end before `boot_time`, at which all windows are known.
  [[nodiscard]] Nanoseconds known_until(Nanoseconds boot_time) const;

 private:
  static constexpr std::size_t kRing = 2048;
  struct Cell {
    std::uint64_t number = 0;  // cells since boot
    std::uint64_t bytes = 0;
  };
  Nanoseconds window_;
  Nanoseconds cell_;
  std::vector<Cell> ring_;
};

}  // namespace cgtally::serve
