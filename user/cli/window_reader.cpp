// SPDX-License-Identifier: Apache-2.0
#include "cli/window_reader.h"

#include <algorithm>
#include <utility>

#include "adapters/sys/clock.h"

namespace cgtally::cli {
namespace {

constexpr auto kDirections = {Direction::rx, Direction::tx};

}  // namespace

void WindowReader::begin(Nanoseconds pause) {
  thread_ = std::jthread([this, pause](const std::stop_token& stop) { run(stop, pause); });
}

void WindowReader::run(const std::stop_token& stop, Nanoseconds pause) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    read_all();
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

Result<void> WindowReader::add(InterfaceKey iface, bpf::Windows windows) {
  const Nanoseconds now = sys::now().boot;
  auto rx = windows.from(bpf::WindowDirection::rx, now);
  if (!rx) return std::unexpected(std::move(rx).error());
  auto tx = windows.from(bpf::WindowDirection::tx, now);
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
}

std::vector<ReadWindows> WindowReader::take() {
  const std::lock_guard guard(mutex_);
  waiting_ = 0;
  return std::exchange(read_, {});
}

void WindowReader::end() {
  Nanoseconds wait{};
  {
    const std::lock_guard guard(mutex_);
    for (const auto& [iface, source] : sources_) {
      wait = std::max(wait, source.windows.closes_after());
    }
  }
  std::this_thread::sleep_for(2 * wait);  // and that of a window that is open now
  thread_ = std::jthread();
  const std::lock_guard guard(mutex_);
  read_all();
}

void WindowReader::read_all() {
  if (waiting_ >= kMostWaiting) return;
  for (auto& [iface, source] : sources_) read(iface, source);
}

// A cell that is being written for that long: the next look has it.
void WindowReader::read(InterfaceKey iface, Source& source) {
  for (const Direction direction : kDirections) {
    bpf::WindowCursor& cursor = source.cursors[static_cast<std::size_t>(direction)];
    const std::uint64_t from = cursor.through() + 1;
    auto closed = source.windows.closed(cursor, sys::now().boot);
    if (!closed || cursor.through() < from) continue;
    waiting_ += closed->windows.size() + 1;
    read_.push_back({.iface = iface,
                     .direction = direction,
                     .from = from,
                     .through = cursor.through(),
                     .closed = *std::move(closed),
                     .lap = source.windows.longest_pause() + source.windows.closes_after()});
  }
}

}  // namespace cgtally::cli
