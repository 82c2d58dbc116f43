// SPDX-License-Identifier: Apache-2.0
// A number of bytes (or of bytes per second) of which only bounds are known. Fractions are kept
// while they are integrated. A missing upper bound is infinity, so that sums, minima and
// comparisons need no case of their own for it.
#pragma once

#include <limits>

namespace cgtally {

// The closed interval [lo, hi]; the credit model, its reports and the terms of an instance use it.
// Nothing here keeps lo <= hi: the code that narrows a range checks that.
struct ByteRange {
  static constexpr double kUnbounded = std::numeric_limits<double>::infinity();

  double lo = 0;
  double hi = kUnbounded;

  [[nodiscard]] bool bounded() const { return hi != kUnbounded; }
  [[nodiscard]] double width() const { return hi - lo; }
  [[nodiscard]] double middle() const { return lo + width() / 2; }
  bool operator==(const ByteRange&) const = default;
};

}  // namespace cgtally
