// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/slot_resolver.h"

#include <utility>

namespace cgtally::monitor {

void SlotResolver::update(Nanoseconds boot_time) {
  const std::uint64_t generation = session_.retire_generation();
  if (std::exchange(generation_, generation) != generation) unchanged_since_ = boot_time;
}

bool SlotResolver::holds(std::uint64_t window_index, Nanoseconds lap, Nanoseconds boot_time) const {
  const Nanoseconds begin = window_ * static_cast<std::int64_t>(window_index);
  if (begin < first_) return false;
  return boot_time < begin + lap || unchanged_since_ <= begin;
}

WindowBatch SlotResolver::resolve(const ReadWindows& read, Nanoseconds boot_time) {
  WindowBatch batch{.windows = {}, .from = read.from, .through = read.through, .missed = {}};
  for (const bpf::ClosedWindow& window : read.closed.windows) {
    batch.windows.push_back(resolve(window, holds(window.window_index, read.lap, boot_time)));
  }
  if (read.closed.missed_to > read.closed.missed_from) {
    batch.missed = MissedWindows{.from = read.closed.missed_from,
                                 .to = read.closed.missed_to,
                                 .bytes = read.closed.missed.bytes,
                                 .packets = read.closed.missed.packets};
  }
  return batch;
}

TrafficWindow SlotResolver::resolve(const bpf::ClosedWindow& window, bool holds) {
  TrafficWindow named{.window_index = window.window_index,
                      .bytes = window.sums.bytes,
                      .packets = window.sums.packets,
                      .error = window.error,
                      .shares = {}};
  for (const bpf::WindowShare& share : window.shares) {
    if (const auto account = holds ? session_.account_of_slot(share.slot) : std::nullopt) {
      named.shares.push_back({.account = *account, .least = share.least});
    } else {
      named.error += share.least;
    }
  }
  // Any number of a group's slots may be missing here: all that has no name may be the group's.
  if (session_.sums_accounts()) named.error = named.bytes;
  return named;
}

}  // namespace cgtally::monitor
