// SPDX-License-Identifier: Apache-2.0
// The time on the boot clock, which runs on through suspend, and on the wall clock. Only this file
// calls clock_gettime; core gets its moments as parameters.
#pragma once

#include "core/traffic/reading.h"

namespace cgtally::sys {

// Both clocks, read next to each other.
[[nodiscard]] Moment now();
// The length of the kernel's tick: 1 to 10 ms, depending on CONFIG_HZ.
[[nodiscard]] Nanoseconds jiffy();

}  // namespace cgtally::sys
