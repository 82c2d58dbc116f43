// SPDX-License-Identifier: Apache-2.0
// A driver's own statistics of one interface, as `ethtool -S` shows them. Their names and order
// depend on the driver, its version and its number of queues, and may change between two reads:
// look them up by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/instance/allowance_counters.h"

namespace cgtally::ethtool {

// For an interface of the calling thread's netns; empty if the driver has none.
[[nodiscard]] Result<NamedStatistics> statistics(int ifindex);

// Pairs names, of 32 bytes each and not always terminated by 0, with values. Leaves out names
// without a value, and values without a name.
[[nodiscard]] NamedStatistics named(std::span<const char> names,
                                    std::span<const std::uint64_t> values);

}  // namespace cgtally::ethtool
