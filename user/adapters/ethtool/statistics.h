// SPDX-License-Identifier: Apache-2.0
// A driver's own statistics of one interface, as `ethtool -S` shows them. Which there are, and in
// which order, depends on the driver, its version and its number of queues, and may change between
// two reads: they are known by name only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/instance/allowance_counters.h"

namespace cgtally::ethtool {

// Of an interface of the calling thread's netns; empty where the driver has none.
[[nodiscard]] Result<NamedStatistics> statistics(int ifindex);

// Names of 32 bytes each, which need not end in a 0, with their values; what has no partner is left
// out.
[[nodiscard]] NamedStatistics named(std::span<const char> names,
                                    std::span<const std::uint64_t> values);

}  // namespace cgtally::ethtool
