// SPDX-License-Identifier: Apache-2.0
#include "core/report/burst_findings.h"

#include <algorithm>

namespace cgtally::report {
namespace {

// For a heap whose top is the smallest.
bool larger(const RecordedBurst& one, const RecordedBurst& other) {
  return one.bytes > other.bytes;
}

}  // namespace

void BurstFindings::add(const RecordedBurst& burst) {
  lengths_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(burst.length.count(), 0)));
  bytes_ += burst.bytes;
  if (!fastest_ || burst.peak > fastest_->peak) fastest_ = burst;
  counters_known_ = counters_known_ || burst.exceeded.has_value();
  if (burst.exceeded.value_or(0) > 0) ++held_back_;
  ++causes_[burst.cause];
  if (accounts_.size() < kMostAccounts || accounts_.contains(burst.account)) {
    Led& led = accounts_[burst.account];
    ++led.bursts;
    led.bytes += burst.share * static_cast<double>(burst.bytes.value);
  }
  if (kept_.size() == kMostKept && !larger(burst, kept_.front())) return;
  if (kept_.size() == kMostKept) {
    std::ranges::pop_heap(kept_, larger);
    kept_.pop_back();
  }
  kept_.push_back(burst);
  std::ranges::push_heap(kept_, larger);
}

std::vector<RecordedBurst> BurstFindings::largest() const {
  std::vector<RecordedBurst> bursts = kept_;
  std::ranges::stable_sort(bursts, {}, &RecordedBurst::wall);
  return bursts;
}

}  // namespace cgtally::report
