// SPDX-License-Identifier: Apache-2.0
// What time it is, on the clock that keeps running through suspend and on the wall. The only caller
// of clock_gettime: core is given its moments, it never asks.
#pragma once

#include "core/traffic/reading.h"

namespace cgtally::sys {

// Both clocks, read next to each other.
[[nodiscard]] Moment now();
// The kernel's tick: 1 to 10 ms, as CONFIG_HZ says.
[[nodiscard]] Nanoseconds jiffy();

}  // namespace cgtally::sys
