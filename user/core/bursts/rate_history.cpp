// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/rate_history.h"

namespace cgtally {

void RateHistory::add(Nanoseconds boot_time, Bytes bytes) {
  steps_[boot_time / kStep] += bytes;
  const std::int64_t oldest = steps_.rbegin()->first - kSteps;
  steps_.erase(steps_.begin(), steps_.lower_bound(oldest));
}

std::vector<RateStep> RateHistory::until(Nanoseconds end) const {
  std::vector<RateStep> history;
  if (steps_.empty()) return history;
  for (std::int64_t step = steps_.begin()->first; (step + 1) * kStep <= end; ++step) {
    const auto found = steps_.find(step);
    const Bytes bytes = found == steps_.end() ? Bytes{} : found->second;
    history.push_back({.end = (step + 1) * kStep,
                       .length = kStep,
                       .rate = rate(bytes, kStep).value_or(BitRate{})});
  }
  return history;
}

}  // namespace cgtally
