// SPDX-License-Identifier: Apache-2.0
// Reads the boot clock before the wall clock, because rates are computed with the boot clock.
#include "adapters/sys/clock.h"

#include <ctime>

namespace cgtally::sys {
namespace {

Nanoseconds read_clock(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

}  // namespace

// The coarse clocks advance once per jiffy, so their resolution is its length.
Nanoseconds jiffy() {
  timespec t{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &t);
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

Nanoseconds thread_cpu_time() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

Moment now() {
  const Nanoseconds boot = read_clock(CLOCK_BOOTTIME);
  return Moment{.boot = boot, .wall = read_clock(CLOCK_REALTIME)};
}

}  // namespace cgtally::sys
