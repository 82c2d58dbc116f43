// SPDX-License-Identifier: Apache-2.0
// The time on the boot clock, which runs on through suspend, and on the wall clock; and the CPU
// time of a thread. Only this file calls clock_gettime; core gets its moments as parameters.
#pragma once

#include "core/traffic/reading.h"

namespace cgtally::sys {

// Both clocks, read next to each other.
[[nodiscard]] Moment now();
// What the calling thread has had of CPUs. Work that is to cost a share of a CPU is measured by
// this: on a busy machine it takes much longer than it costs, and would be done too seldom.
[[nodiscard]] Nanoseconds thread_cpu_time();
// The length of the kernel's tick: 1 to 10 ms, depending on CONFIG_HZ.
[[nodiscard]] Nanoseconds jiffy();

}  // namespace cgtally::sys
