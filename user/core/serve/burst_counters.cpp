// SPDX-License-Identifier: Apache-2.0
#include "core/serve/burst_counters.h"

namespace cgtally::serve {

void BurstCounters::add(const ExplainedBurst& burst) {
  BurstCount& count = counts_[{burst.iface, burst.direction}];
  ++count.by_cause[static_cast<std::size_t>(burst.verdict.cause)];
  count.bytes += burst.burst.bytes.value;
  count.durations.add(std::chrono::duration<double>(burst.burst.length()).count(), kDurationBounds);
  count.sizes.add(static_cast<double>(burst.burst.bytes.value), kSizeBounds);
}

}  // namespace cgtally::serve
