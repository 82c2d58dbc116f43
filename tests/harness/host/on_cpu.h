// SPDX-License-Identifier: Apache-2.0
// Keeps the calling thread on one CPU while it lives: what a CPU has for itself, its caches and its
// windows, is then the same for all that the thread does.
#pragma once

#include <sched.h>

#include "harness/host/command.h"

namespace cgtally::harness {

class OnCpu {
 public:
  enum class Which { first, last };
  explicit OnCpu(Which which) {
    require(sched_getaffinity(0, sizeof(before_), &before_) == 0, "get affinity");
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before_)) continue;
      if (CPU_COUNT(&one) == 1 && which == Which::first) break;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
    }
    require(sched_setaffinity(0, sizeof(one), &one) == 0, "run on a CPU");
  }
  ~OnCpu() { sched_setaffinity(0, sizeof(before_), &before_); }
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace cgtally::harness
