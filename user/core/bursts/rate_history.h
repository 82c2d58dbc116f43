// SPDX-License-Identifier: Apache-2.0
// The mean rate of each half second of the last two minutes. The cause of a burst is looked for in
// it; it keeps no windows.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/base/units.h"

namespace cgtally {

struct RateStep {
  Nanoseconds end{};  // boot time
  Nanoseconds length{};
  BitRate rate;  // mean over the length
};

// Filled with one direction's windows, which may come in any order, and read for each burst.
class RateHistory {
 public:
  static constexpr Nanoseconds kStep = std::chrono::milliseconds{500};
  static constexpr std::int64_t kSteps = 240;

  // The bytes of a window that began at `boot_time`.
  void add(Nanoseconds boot_time, Bytes bytes);
  // The steps that ended by `end`, oldest first, including those without traffic.
  [[nodiscard]] std::vector<RateStep> until(Nanoseconds end) const;

 private:
  std::map<std::int64_t, Bytes> steps_;
};

}  // namespace cgtally
