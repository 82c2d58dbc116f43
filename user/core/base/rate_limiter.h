// SPDX-License-Identifier: Apache-2.0
// How often something dear is done by who is asked more often: never more than once in `every`, a
// little jitter of the asker aside, and never for more than a share of the time.
#pragma once

#include <algorithm>
#include <optional>

#include "core/base/units.h"

namespace cgtally {

class RateLimiter {
 public:
  explicit RateLimiter(Nanoseconds every) : every_(every) {}

  // Whether it is time; the next time is counted from the moment that was due, so that a rhythm of
  // `every` does not miss each second beat for want of a microsecond.
  [[nodiscard]] bool due(Nanoseconds now) {
    if (next_ && now + every_ / 20 < *next_) {
      return false;
    }
    next_ = next_ && now < *next_ + every_ ? *next_ + every_ : now + every_;
    return true;
  }
  // Not again before then.
  void rest_until(Nanoseconds then) { next_ = next_ ? std::max(*next_, then) : then; }

 private:
  Nanoseconds every_;
  std::optional<Nanoseconds> next_;
};

}  // namespace cgtally
