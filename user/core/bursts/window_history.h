// SPDX-License-Identifier: Apache-2.0
// The last windows of one interface and direction, for the flight recorder.
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

// Windows of which at least a part is not known.
struct UnknownWindows {
  WindowRange range;
  std::optional<Bytes> bytes;  // what is missing; empty: not known either
  std::optional<Packets> packets;
};

struct WindowExtract {
  std::vector<TrafficWindow> windows;  // ascending, only those with traffic
  std::vector<UnknownWindows> unknown;
  std::vector<WindowRange> bursts;  // those that overlap the range
};

// The windows of one read of the ring: all windows [from, through] have closed.
struct WindowUpdate {
  const std::vector<TrafficWindow>& windows;
  std::uint64_t from = 0;
  std::uint64_t through = 0;
  std::optional<MissedWindows> missed;
};

// Keeps the windows until forget_before(), at most `most`. An extract has a window for each one
// with traffic; windows are marked as unknown where reading had not begun, where windows were
// missed, and where more was asked for than is kept. All others had no traffic.
class WindowHistory {
 public:
  explicit WindowHistory(std::size_t most) : most_(most) {}

  void add(const WindowUpdate& update);
  void add_burst(const WindowRange& burst) { bursts_.push_back(burst); }
  void forget_before(std::uint64_t window_index);
  [[nodiscard]] std::uint64_t through() const { return through_; }
  [[nodiscard]] WindowExtract extract(const WindowRange& range) const;

 private:
  void add_window(const TrafficWindow& window);

  std::size_t most_;              // windows
  std::uint64_t known_from_ = 0;  // earlier windows were forgotten, or never read
  std::uint64_t through_ = 0;     // 0: nothing was read so far
  std::deque<TrafficWindow> windows_;
  std::deque<UnknownWindows> unknown_;
  std::deque<WindowRange> bursts_;
};

}  // namespace cgtally
