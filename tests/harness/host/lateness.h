// SPDX-License-Identifier: Apache-2.0
// How late a busy machine is with a process that wants to run. A bound of time that is a law holds
// beside that; a wait for what takes time is longer by that.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "core/base/units.h"

namespace cgtally::harness {

// Measures from its construction on, in a thread of its own.
class Lateness {
 public:
  Lateness();
  // What others may be late by: several times as much as that thread ever was.
  [[nodiscard]] Nanoseconds allowed() const { return 3 * Nanoseconds(worst_.load()); }

 private:
  std::atomic<std::int64_t> worst_{0};
  std::jthread thread_;
};

// Sleeps in short turns: on a busy machine, where each comes late, as much longer as others need.
void give_time(Nanoseconds length);

// Whether `holds` becomes true within as many short turns as would make up `length`.
[[nodiscard]] bool comes_true_within(Nanoseconds length, const std::function<bool()>& holds);

}  // namespace cgtally::harness
