// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/window_history.h"

#include <algorithm>

namespace cgtally {

void WindowHistory::add(const WindowUpdate& update) {
  if (through_ == 0) {
    known_from_ = update.from;
  } else if (update.from > through_ + 1) {  // not read meanwhile
    unknown_.push_back(
        {.range = {through_ + 1, update.from}, .bytes = std::nullopt, .packets = std::nullopt});
  }
  if (update.missed) {
    unknown_.push_back({.range = {update.missed->from, update.missed->to},
                        .bytes = update.missed->bytes,
                        .packets = update.missed->packets});
  }
  for (const TrafficWindow& window : update.windows) add_window(window);
  through_ = std::max(through_, update.through);
  if (through_ >= most_) forget_before(through_ + 1 - most_);
}

// A part of the window may be here already: a CPU can close its part later than the others.
void WindowHistory::add_window(const TrafficWindow& window) {
  if (window.window_index < known_from_) return;
  const auto at =
      std::ranges::lower_bound(windows_, window.window_index, {}, &TrafficWindow::window_index);
  if (at == windows_.end() || at->window_index != window.window_index) {
    windows_.insert(at, window);
    return;
  }
  at->bytes += window.bytes;
  at->packets += window.packets;
  at->error += window.error;
}

void WindowHistory::forget_before(std::uint64_t window_index) {
  if (window_index <= known_from_) return;
  known_from_ = window_index;
  while (!windows_.empty() && windows_.front().window_index < window_index) windows_.pop_front();
  std::erase_if(unknown_, [&](const UnknownWindows& one) { return one.range.to <= window_index; });
  std::erase_if(bursts_, [&](const WindowRange& one) { return one.to <= window_index; });
}

WindowExtract WindowHistory::extract(const WindowRange& range) const {
  WindowExtract extract;
  const auto unseen = [&](std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    extract.unknown.push_back(
        {.range = {from, to}, .bytes = std::nullopt, .packets = std::nullopt});
  };
  const std::uint64_t end = through_ == 0 ? range.from : through_ + 1;
  unseen(range.from, std::min(known_from_, range.to));
  for (const UnknownWindows& one : unknown_) {
    if (one.range.overlaps(range)) extract.unknown.push_back(one);
  }
  unseen(std::max(range.from, end), range.to);
  for (const WindowRange& burst : bursts_) {
    if (burst.overlaps(range)) extract.bursts.push_back(burst);
  }
  auto at = std::ranges::lower_bound(windows_, range.from, {}, &TrafficWindow::window_index);
  for (; at != windows_.end() && at->window_index < range.to; ++at) extract.windows.push_back(*at);
  return extract;
}

}  // namespace cgtally
