// SPDX-License-Identifier: Apache-2.0
// Remembers the windows of an interface, so that those around a burst can be shown once it has
// happened: kAround before it to kAround after it, of both directions, because what came in often
// explains what went out. A burst that comes while a dump is under way makes that one longer, up to
// kLongest and half of what is kept. A dump is complete when all its windows have closed, or when
// there are no more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/cause.h"
#include "core/bursts/window_history.h"

namespace cgtally {

// Which bursts are worth a dump.
struct DumpRule {
  std::optional<BitRate> over;
  // Over a rate that was given, or its reading of the allowance counter moved. Where neither can
  // be told, every burst: the threshold has then said what counts.
  [[nodiscard]] bool wants(const ExplainedBurst& burst) const;
};

struct FlightDump {
  std::string iface;
  Direction direction = Direction::rx;  // of the burst that comes first in it
  Nanoseconds start{};                  // of that burst, CLOCK_BOOTTIME
  Nanoseconds wall_ahead{};             // of the boot clock
  Nanoseconds window{};
  WindowRange range;
  std::array<WindowExtract, 2> ways;  // by Direction
};

class FlightRecorder {
 public:
  static constexpr Nanoseconds kAround = std::chrono::seconds{1};
  static constexpr Nanoseconds kLongest = std::chrono::seconds{10};  // of a dump that is shared
  static constexpr std::size_t kMostWindows = 65'536;                // of a direction

  FlightRecorder(std::string iface, Nanoseconds window);

  // `ended`: the bursts that the look has shown; each must be judged later. `open_since`: the first
  // window_index of the one that is under way.
  void add(Direction direction, const WindowUpdate& look, const std::vector<Burst>& ended,
           std::optional<std::uint64_t> open_since);
  // The interface is watched no more, or not now.
  void pause(Direction direction, const std::vector<Burst>& ended);
  void judge(Direction direction, const Burst& burst, bool wanted, Nanoseconds wall_ahead);

  // Those that are complete.
  [[nodiscard]] std::vector<FlightDump> take();
  // All that are under way, as far as they have come.
  [[nodiscard]] std::vector<FlightDump> finish();

 private:
  struct Armed {
    Direction direction = Direction::rx;
    std::uint64_t first = 0;  // window_index of the burst
    WindowRange range;
    Nanoseconds wall_ahead{};
  };
  struct Unjudged {
    Direction direction = Direction::rx;
    WindowRange burst;
  };
  void await(Direction direction, const std::vector<Burst>& ended);
  [[nodiscard]] WindowRange around(const WindowRange& burst) const;
  [[nodiscard]] Armed* shared_by(const WindowRange& range);
  [[nodiscard]] bool complete(const Armed& armed) const;
  [[nodiscard]] FlightDump dump(const Armed& armed) const;
  void forget();

  std::string iface_;
  Nanoseconds window_;
  std::uint64_t around_;  // windows
  std::array<WindowHistory, 2> histories_;
  std::array<std::optional<std::uint64_t>, 2> open_since_;
  bool paused_ = false;
  std::vector<Unjudged> unjudged_;
  std::vector<Armed> armed_;
};

}  // namespace cgtally
