// SPDX-License-Identifier: Apache-2.0
// The last second of an interface's direction at a glance: its windows, added up in cells of 50 ms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally {

// Adds up windows as they come, for BurstHistory. A cell is over when every window that can begin
// in it has closed, so a cell that was shown does not change later (but for the part of a CPU that
// was idle, which is known only one ring length later).
class LastSecond {
 public:
  // A window longer than 50 ms is a cell of its own; a second then has fewer cells.
  explicit LastSecond(Nanoseconds window);

  void add(const std::vector<TrafficWindow>& windows);
  // Oldest first, up to the last cell that is over at `boot_time`.
  [[nodiscard]] std::vector<Bytes> cells(Nanoseconds boot_time) const;

 private:
  struct Cell {
    std::uint64_t number = 0;  // cells since boot; 0: unused
    Bytes bytes;
  };
  static constexpr std::size_t kRing = 32;  // a second, and the cells that are not over yet

  Nanoseconds window_;
  Nanoseconds cell_;
  std::array<Cell, kRing> ring_{};
};

// One character of " .:|#" for each cell, scaled to the heaviest; ' ' is a cell without a byte.
[[nodiscard]] std::string sparkline(const std::vector<Bytes>& cells);

}  // namespace cgtally
