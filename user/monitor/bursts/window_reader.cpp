// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/window_reader.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/sys/process.h"

namespace cgtally::monitor {
namespace {}  // namespace

void WindowReader::start(Nanoseconds pause) {
  thread_ = std::jthread([this, pause](const std::stop_token& stop) { run(stop, pause); });
}

void WindowReader::run(const std::stop_token& stop, Nanoseconds pause) {
  sys::raise_thread_priority();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    read_all();
    hand_over(std::unique_lock(handed_mutex_, std::try_to_lock));
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

Result<void> WindowReader::add(InterfaceKey iface, bpf::Windows windows) {
  const Nanoseconds now = sys::now().boot;
  auto rx = windows.from(Direction::rx, now);
  if (!rx) return std::unexpected(std::move(rx).error());
  auto tx = windows.from(Direction::tx, now);
  if (!tx) return std::unexpected(std::move(tx).error());
  const std::lock_guard guard(mutex_);
  sources_.try_emplace(
      iface, Source{.windows = std::move(windows), .cursors = {*std::move(rx), *std::move(tx)}});
  return {};
}

void WindowReader::remove(InterfaceKey iface) {
  const std::lock_guard guard(mutex_);
  const auto found = sources_.find(iface);
  if (found == sources_.end()) return;
  read(iface, found->second);
  sources_.erase(found);
  hand_over(std::unique_lock(handed_mutex_));
}

std::vector<Error> WindowReader::take_damage() {
  const std::lock_guard guard(handed_mutex_);
  return std::exchange(damage_, {});
}

std::vector<ReadWindows> WindowReader::drain() {
  const std::lock_guard guard(handed_mutex_);
  for (const ReadWindows& one : handed_) waiting_ -= one.closed.windows.size() + 1;
  return std::exchange(handed_, {});
}

void WindowReader::hand_over(std::unique_lock<std::mutex> lock) {
  if (!lock) return;  // the next time
  handed_.insert(handed_.end(), std::make_move_iterator(fresh_.begin()),
                 std::make_move_iterator(fresh_.end()));
  fresh_.clear();
}

Nanoseconds WindowReader::longest_open() const {
  Nanoseconds longest{};
  const std::lock_guard guard(mutex_);
  for (const auto& [iface, source] : sources_) {
    longest = std::max(longest, source.windows.closes_after());
  }
  return longest;
}

void WindowReader::await_first() const { std::this_thread::sleep_for(longest_open()); }

void WindowReader::stop() {
  std::this_thread::sleep_for(2 * longest_open());  // and that of a window that is open now
  thread_ = std::jthread();
  const std::lock_guard guard(mutex_);
  read_all();
  hand_over(std::unique_lock(handed_mutex_));
}

void WindowReader::read_all() {
  if (waiting_ >= kMostWaiting) return;
  for (auto& [iface, source] : sources_) read(iface, source);
}

// If a cell is being written for that long, the next read has it.
void WindowReader::read(InterfaceKey iface, Source& source) {
  for (const Direction direction : kDirections) {
    if (source.damaged) return;
    bpf::WindowCursor& cursor = source.cursors[direction];
    const std::uint64_t from = cursor.through() + 1;
    auto closed = source.windows.closed(cursor, sys::now().boot);
    if (!closed && closed.error().code == EUCLEAN) {
      source.damaged = true;
      const std::lock_guard guard(handed_mutex_);
      damage_.push_back(std::move(closed).error());
      return;
    }
    if (!closed || cursor.through() < from) continue;
    waiting_ += closed->windows.size() + 1;
    fresh_.push_back({.iface = iface,
                      .direction = direction,
                      .from = from,
                      .through = cursor.through(),
                      .closed = *std::move(closed),
                      .lap = source.windows.longest_pause() + source.windows.closes_after()});
  }
}

}  // namespace cgtally::monitor
