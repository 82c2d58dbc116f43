// SPDX-License-Identifier: Apache-2.0
// The last second of an interface's direction at a glance: its windows, added up in cells of 50 ms.
// A cell counts as over when every window that can begin in it has closed, so that what is shown
// of it does not change any more, but for a CPU's rest that comes a lap later.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally {

class LastSecond {
 public:
  // Of windows longer than a cell each is a cell of its own, and there are fewer of them.
  explicit LastSecond(Nanoseconds window);

  void add(const std::vector<TrafficWindow>& windows);
  // Oldest first, up to the last one that is over at `boot_time`.
  [[nodiscard]] std::vector<Bytes> cells(Nanoseconds boot_time) const;

 private:
  struct Cell {
    std::uint64_t number = 0;  // of its length since boot; 0 is none
    Bytes bytes;
  };
  static constexpr std::size_t kRing = 32;  // a second, and those that are not over yet

  Nanoseconds window_;
  Nanoseconds cell_;
  std::array<Cell, kRing> ring_{};
};

// A character for each cell, of " .:|#", scaled to the heaviest: ' ' is nothing at all.
[[nodiscard]] std::string sparkline(const std::vector<Bytes>& cells);

}  // namespace cgtally
