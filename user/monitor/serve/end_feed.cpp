// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/end_feed.h"

#include <utility>

namespace cgtally::monitor {
namespace {

constexpr std::size_t kRecentEnds = 200;

}  // namespace

void EndFeed::update(const std::string& ledger) {
  if (ledger != ledger_) {
    ledger_ = ledger;
    auto started = LifecycleMonitor::start(options_, notices_);
    monitor_ = started ? *std::move(started) : nullptr;
  }
  if (!monitor_) return;
  for (lifecycle::Row& row : monitor_->tick()) {
    counters_.add(row);
    recent_.push_front({.id = ++ids_, .row = std::move(row)});
    if (recent_.size() > kRecentEnds) recent_.pop_back();
  }
}

std::optional<serve::EndFigures> EndFeed::figures() const {
  if (!monitor_) return std::nullopt;
  return serve::EndFigures{.counts = counters_.counts(),
                           .recent = {recent_.begin(), recent_.end()}};
}

}  // namespace cgtally::monitor
