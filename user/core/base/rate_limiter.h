// SPDX-License-Identifier: Apache-2.0
// Decisions on when something is due again. RateLimiter bounds how often a periodic caller runs an
// expensive operation; BackoffSchedule decides when to report something that goes on for long.
// Neither reads a clock.
#pragma once

#include <algorithm>
#include <optional>

#include "core/base/units.h"

namespace cgtally {

// Limits how often an expensive operation (a dump of all sockets, a command to the device) runs: at
// most once per `every`, and not before rest_until(). The collectors ask it in each tick.
class RateLimiter {
 public:
  explicit RateLimiter(Nanoseconds every) : every_(every) {}

  // True if the operation may run now. 5 % too early is accepted, and the next time is counted from
  // the time that was due, so that a caller with the period `every` is not skipped for jitter.
  [[nodiscard]] bool due(Nanoseconds now) {
    if (next_ && now + every_ / 20 < *next_) return false;
    next_ = next_ && now < *next_ + every_ ? *next_ + every_ : now + every_;
    return true;
  }
  // Nothing is due before `then`.
  void rest_until(Nanoseconds then) { next_ = next_ ? std::max(*next_, then) : then; }

 private:
  Nanoseconds every_;
  std::optional<Nanoseconds> next_;
};

// Decides when to report something that goes on, such as a burst that does not end: after one
// second, then each time that it has lasted twice as long as at the last report, and at least once
// a minute. An hour makes 66 reports.
class BackoffSchedule {
 public:
  static constexpr Nanoseconds kFirst = std::chrono::seconds{1};
  static constexpr Nanoseconds kLongestPause = std::chrono::minutes{1};

  // True if a report is due for what began at `start` and has lasted for `length`. Another `start`
  // begins the schedule again.
  [[nodiscard]] bool due(Nanoseconds start, Nanoseconds length) {
    if (start != start_) next_ = kFirst;
    start_ = start;
    if (length < next_) return false;
    next_ = length + std::min(length, kLongestPause);
    return true;
  }

 private:
  Nanoseconds start_{};
  Nanoseconds next_ = kFirst;
};

}  // namespace cgtally
