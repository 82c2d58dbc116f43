// SPDX-License-Identifier: Apache-2.0
// When to speak of a burst that does not end: once it has lasted for a second, then whenever it has
// lasted twice as long as the last time, and at least once a minute. An hour of it makes 66 lines.
#pragma once

#include <algorithm>

#include "core/base/units.h"

namespace cgtally {

class BackoffSchedule {
 public:
  static constexpr Nanoseconds kFirst = std::chrono::seconds{1};
  static constexpr Nanoseconds kMost = std::chrono::minutes{1};

  // `start` tells one burst from the next.
  [[nodiscard]] bool due(Nanoseconds start, Nanoseconds length) {
    if (start != start_) next_ = kFirst;
    start_ = start;
    if (length < next_) return false;
    next_ = length + std::min(length, kMost);
    return true;
  }

 private:
  Nanoseconds start_{};
  Nanoseconds next_ = kFirst;
};

}  // namespace cgtally
