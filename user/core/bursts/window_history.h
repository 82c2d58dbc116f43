// SPDX-License-Identifier: Apache-2.0
// The last windows of one interface and direction, as long as somebody may still ask for them.
// Where there is no window there was no traffic, or it says that nobody knows: before it began to
// watch, where windows were missed, and where more was asked for than it may keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally {

// Windows [from, to).
struct WindowRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  [[nodiscard]] std::uint64_t count() const { return to - from; }
  [[nodiscard]] bool overlaps(const WindowRange& other) const {
    return from < other.to && other.from < to;
  }
  bool operator==(const WindowRange&) const = default;
};

// Of which a part at least is not known.
struct UnknownWindows {
  WindowRange range;
  std::optional<Bytes> bytes;  // what is missing, as far as it could be told
  std::optional<Packets> packets;
};

struct WindowExtract {
  std::vector<TrafficWindow> windows;  // ascending, those with traffic only
  std::vector<UnknownWindows> unknown;
  std::vector<WindowRange> bursts;  // those that touch it
};

// What one look has brought: all windows [from, through] have closed.
struct WindowUpdate {
  const std::vector<TrafficWindow>& windows;
  std::uint64_t from = 0;
  std::uint64_t through = 0;
  std::optional<MissedWindows> missed;
};

class WindowHistory {
 public:
  explicit WindowHistory(std::size_t most) : most_(most) {}

  void add(const WindowUpdate& look);
  void add_burst(const WindowRange& burst) { bursts_.push_back(burst); }
  void forget_before(std::uint64_t window_index);
  [[nodiscard]] std::uint64_t through() const { return through_; }
  [[nodiscard]] WindowExtract extract(const WindowRange& range) const;

 private:
  void put(const TrafficWindow& window);

  std::size_t most_;              // windows
  std::uint64_t known_from_ = 0;  // earlier ones were forgotten, or never seen
  std::uint64_t through_ = 0;     // 0: nothing was seen so far
  std::deque<TrafficWindow> windows_;
  std::deque<UnknownWindows> unknown_;
  std::deque<WindowRange> bursts_;
};

}  // namespace cgtally
