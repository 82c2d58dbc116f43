// SPDX-License-Identifier: Apache-2.0
// One recorded workload against several types side by side: how low each bucket gets, for how long
// it is empty, and when first. The arithmetic is that of sizing.h, over the recording once and with
// both ends of the capacity's range.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/sizing/sizing.h"

namespace cgtally::sizing {

// The course of a bucket that was full at the start. While it is empty no more than the baseline
// passes: what is beyond is left out, not made up for later.
struct Course {
  Bytes lowest;
  Nanoseconds empty{};
  std::optional<Nanoseconds> first_empty;  // from the start
};
[[nodiscard]] Course course(const Stream& stream, BitRate baseline, Bytes capacity);

// One direction of a workload on one type. `least`: with the smallest capacity of the prior;
// `most`: with the largest, std::nullopt if that has no bound.
struct WhatIf {
  const InstanceType* type = nullptr;
  Direction direction = Direction::tx;
  CreditTerms terms;
  Course least;
  std::optional<Course> most;
  Nanoseconds too_fast{};  // time above the burst
};

// Both directions of each type, in the order of `types`; sent traffic first.
[[nodiscard]] std::vector<WhatIf> what_if(const Workload& load,
                                          const std::vector<const InstanceType*>& types);

// A line for each type, of the direction that fares worse; at most 80 columns.
[[nodiscard]] std::string what_if_table(const std::vector<WhatIf>& all, Nanoseconds first_wall);

}  // namespace cgtally::sizing
