// SPDX-License-Identifier: Apache-2.0
// Remembers the windows of an interface, so that the windows around a burst can be dumped after it
// has happened: from kAround before to kAround after the burst, of both directions, because what
// came in often explains what went out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/cause.h"
#include "core/bursts/window_history.h"

namespace cgtally {

// Decides which bursts are dumped: those with packets over the allowance and those whose peak
// reaches `over`. If neither can be told, all bursts are: the threshold has already chosen them.
struct DumpRule {
  std::optional<BitRate> over;
  [[nodiscard]] bool wants(const ExplainedBurst& burst) const;
};

struct FlightDump {
  std::string iface;
  Direction direction = Direction::rx;  // of its first burst
  Nanoseconds start{};                  // of its first burst, CLOCK_BOOTTIME
  Nanoseconds wall_ahead{};             // wall time minus CLOCK_BOOTTIME
  Nanoseconds window{};
  WindowRange range;
  PerDirection<WindowExtract> extracts;
};

// The burst dumper has one recorder for each interface. A wanted burst starts a dump; a burst that
// comes before the dump is complete makes it longer, up to kLongest and half of the kept windows. A
// dump is complete when all its windows have closed, or when there will be no more. The recorder
// decides nothing about causes and writes no file.
class FlightRecorder {
 public:
  static constexpr Nanoseconds kAround = std::chrono::seconds{1};
  static constexpr Nanoseconds kLongest = std::chrono::seconds{10};  // of a dump of several bursts
  static constexpr std::size_t kMostWindows = 65'536;                // of each direction

  FlightRecorder(std::string iface, Nanoseconds window);

  // `ended`: the bursts that ended in this update; decide() must follow for each. `open_since`: the
  // first window_index of the burst that is under way.
  void add(Direction direction, const WindowUpdate& update, const std::vector<Burst>& ended,
           std::optional<std::uint64_t> open_since);
  // No windows will come for now, or for ever.
  void pause(Direction direction, const std::vector<Burst>& ended);
  // Tells the recorder whether a burst that has ended is worth a dump.
  void decide(Direction direction, const Burst& burst, bool wanted, Nanoseconds wall_ahead);

  // Removes and returns the dumps that are complete.
  [[nodiscard]] std::vector<FlightDump> pop_complete();
  // Removes and returns all dumps, with the windows that there are.
  [[nodiscard]] std::vector<FlightDump> finish();

 private:
  struct PendingDump {
    Direction direction = Direction::rx;
    std::uint64_t first = 0;  // window_index of the first burst
    WindowRange range;
    Nanoseconds wall_ahead{};
  };
  struct UndecidedBurst {
    Direction direction = Direction::rx;
    WindowRange burst;
  };
  void expect_decision(Direction direction, const std::vector<Burst>& ended);
  [[nodiscard]] WindowRange around(const WindowRange& burst) const;
  [[nodiscard]] PendingDump* shared_by(const WindowRange& range);
  [[nodiscard]] bool complete(const PendingDump& pending) const;
  [[nodiscard]] FlightDump dump(const PendingDump& pending) const;
  void forget();

  std::string iface_;
  Nanoseconds window_;
  std::uint64_t around_;  // windows
  PerDirection<WindowHistory> histories_;
  PerDirection<std::optional<std::uint64_t>> open_since_;
  bool paused_ = false;
  std::vector<UndecidedBurst> undecided_;
  std::vector<PendingDump> pending_;
};

}  // namespace cgtally
