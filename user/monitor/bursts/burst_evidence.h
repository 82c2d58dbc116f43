// SPDX-License-Identifier: Apache-2.0
// What is known about an instance beside its traffic: what it is granted, and what its device says
// it held back. Whoever can read that implements this; a host on which nobody can has none.
#pragma once

#include <array>

#include "core/bursts/cause.h"
#include "core/bursts/threshold.h"

namespace cgtally::monitor {

class BurstEvidence {
 public:
  virtual ~BurstEvidence() = default;

  [[nodiscard]] virtual bool has_counters() const = 0;
  // What the allowance counters gained since the last call, by Direction.
  [[nodiscard]] virtual std::array<AllowanceGain, 2> read(Nanoseconds boot_time) = 0;
  [[nodiscard]] virtual GrantedRates grant(Direction direction) const = 0;
  [[nodiscard]] virtual ThresholdBasis facts() const = 0;
};

}  // namespace cgtally::monitor
