// SPDX-License-Identifier: Apache-2.0
// EndFeed: what `serve` shows of begins and ends of containers.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/serve/end_counters.h"
#include "core/serve/node_state.h"
#include "monitor/lifecycle/lifecycle_monitor.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Owns a LifecycleMonitor while the pinned ledger is up, and makes another one for another ledger.
class EndFeed {
 public:
  // `most_names`: names with counters of their own. `notices` must outlive this.
  EndFeed(LifecycleOptions options, std::size_t most_names, Notices& notices)
      : options_(std::move(options)), notices_(notices), counters_(most_names) {}

  // Once for each snapshot; `ledger`: the id of the one that is read.
  void update(const std::string& ledger);
  // Empty: there is no pinned ledger.
  [[nodiscard]] std::optional<serve::EndFigures> figures() const;

 private:
  LifecycleOptions options_;
  Notices& notices_;
  std::string ledger_;
  std::unique_ptr<LifecycleMonitor> monitor_;
  serve::EndCounters counters_;
  std::deque<serve::NumberedEnd> recent_;  // newest first
  std::uint64_t ids_ = 0;
};

}  // namespace cgtally::monitor
