// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/sparkline.h"

#include <algorithm>
#include <string_view>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kCellLength = 50ms;
constexpr Nanoseconds kJiffy = 10ms;  // the longest (HZ=100): a window may close one jiffy late
constexpr std::string_view kLevels = ".:|#";

}  // namespace

LastSecond::LastSecond(Nanoseconds window)
    : window_(window), cell_(std::max(window, kCellLength)) {}

void LastSecond::add(const std::vector<TrafficWindow>& windows) {
  for (const TrafficWindow& window : windows) {
    const auto begin = static_cast<std::uint64_t>(window_.count()) * window.window_index;
    const std::uint64_t number = begin / static_cast<std::uint64_t>(cell_.count());
    Cell& cell = ring_[number % kRing];
    if (number > cell.number) {
      cell = {.number = number, .bytes = {}};
    }
    if (number == cell.number) {
      cell.bytes += window.bytes;
    }
  }
}

std::vector<Bytes> LastSecond::cells(Nanoseconds boot_time) const {
  const Nanoseconds closed = std::max(boot_time - 2 * window_ - kJiffy, Nanoseconds::zero());
  const auto end = static_cast<std::uint64_t>(closed / cell_);
  const auto count = static_cast<std::uint64_t>(1s / cell_);
  std::vector<Bytes> cells;
  for (std::uint64_t number = end - std::min(end, count); number < end; ++number) {
    const Cell& cell = ring_[number % kRing];
    cells.push_back(cell.number == number ? cell.bytes : Bytes{});
  }
  return cells;
}

std::string sparkline(const std::vector<Bytes>& cells) {
  std::uint64_t heaviest = 0;
  for (const Bytes cell : cells) {
    heaviest = std::max(heaviest, cell.value);
  }
  std::string line;
  for (const Bytes cell : cells) {
    if (cell.value == 0) {  // also where nothing is heavier, and a height would be 0/0
      line += ' ';
      continue;
    }
    const double height = static_cast<double>(cell.value) / static_cast<double>(heaviest) *
                          static_cast<double>(kLevels.size());
    line += kLevels[std::min(static_cast<std::size_t>(height), kLevels.size() - 1)];
  }
  return line;
}

}  // namespace cgtally
