// SPDX-License-Identifier: Apache-2.0
// The mean rate of each half second of the last minutes, from windows in any order.
#pragma once

#include <map>
#include <vector>

#include "core/bursts/cause.h"

namespace cgtally {

class RateHistory {
 public:
  static constexpr Nanoseconds kStep = std::chrono::milliseconds{500};
  static constexpr std::int64_t kSteps = 240;

  // What passed in a window that began then.
  void add(Nanoseconds boot_time, Bytes bytes);
  // Steps that were over by `end`, oldest first, those without traffic included.
  [[nodiscard]] std::vector<RateStep> until(Nanoseconds end) const;

 private:
  std::map<std::int64_t, Bytes> steps_;
};

}  // namespace cgtally
