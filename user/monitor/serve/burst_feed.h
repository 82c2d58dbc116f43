// SPDX-License-Identifier: Apache-2.0
// BurstFeed: what `serve` shows of bursts and of the last second.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "core/serve/burst_counters.h"
#include "core/serve/node_state.h"
#include "core/serve/recent_windows.h"
#include "monitor/live/live_extras.h"

namespace cgtally::monitor {

// Takes bursts and windows from the LiveExtras as they come. Detects and explains nothing.
class BurstFeed {
 public:
  // Before extras.start(). The extras must not outlive this.
  explicit BurstFeed(LiveExtras& extras);
  BurstFeed(const BurstFeed&) = delete;
  BurstFeed& operator=(const BurstFeed&) = delete;

  // `interfaces`: those that are counted.
  void name_interfaces(const std::vector<std::string>& interfaces);
  // As of the extras' last snapshot; empty if no windows are kept.
  [[nodiscard]] std::optional<serve::BurstFigures> figures(Nanoseconds window, const Moment& now);

 private:
  void add_windows(const SeenWindows& seen);
  [[nodiscard]] std::vector<serve::InterfaceCells> last_second(const Moment& now) const;

  LiveExtras& extras_;
  serve::BurstCounters counters_;
  std::deque<serve::NumberedBurst> recent_;  // newest first
  std::uint64_t ids_ = 0;
  std::map<std::string, PerDirection<std::optional<serve::RecentWindows>>> windows_;
};

}  // namespace cgtally::monitor
