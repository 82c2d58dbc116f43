// SPDX-License-Identifier: Apache-2.0
#include "core/serve/recent_windows.h"

#include <algorithm>

namespace cgtally::serve {
namespace {

using namespace std::chrono_literals;

// Windows are read a little after they have closed.
constexpr Nanoseconds kUnread = 250ms;

std::uint64_t number_of(Nanoseconds time, Nanoseconds cell) {
  return static_cast<std::uint64_t>(time / cell);
}

}  // namespace

RecentWindows::RecentWindows(Nanoseconds window)
    : window_(window), cell_(std::max<Nanoseconds>(window, 1ms)), ring_(kRing) {}

void RecentWindows::add(const std::vector<TrafficWindow>& windows) {
  for (const TrafficWindow& one : windows) {
    const std::uint64_t number =
        number_of(window_ * static_cast<std::int64_t>(one.window_index), cell_);
    Cell& cell = ring_[number % kRing];
    if (cell.number > number) continue;
    if (cell.number < number) cell = {.number = number, .bytes = 0};
    cell.bytes += one.bytes.value;
  }
}

std::vector<std::uint64_t> RecentWindows::cells(Nanoseconds end) const {
  const std::uint64_t last = number_of(end, cell_);
  const std::uint64_t count = std::max<std::uint64_t>(number_of(1s, cell_), 1);
  std::vector<std::uint64_t> bytes;
  bytes.reserve(count);
  for (std::uint64_t number = last > count ? last - count : 0; number < last; ++number) {
    const Cell& cell = ring_[number % kRing];
    bytes.push_back(cell.number == number ? cell.bytes : 0);
  }
  return bytes;
}

Nanoseconds RecentWindows::known_until(Nanoseconds boot_time) const {
  return cell_ * static_cast<std::int64_t>(number_of(boot_time - kUnread, cell_));
}

}  // namespace cgtally::serve
