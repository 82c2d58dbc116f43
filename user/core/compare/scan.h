// SPDX-License-Identifier: Apache-2.0
// Finds the stretches in which the mirror differs from what is expected by more than chance.
//
// The scheme. A fixed family of windows is tested: of each length 2^j, begun at each quarter of it,
// and the whole run. The error of a run, kFalseAlarms, is spent in advance (a weighted Bonferroni
// bound): half of it on the whole run, the other half on the windows, the k-th of length 2^j with
// the weight 16/((j+1)(j+2)(k+16)(k+17)). These weights sum to 1 however many windows there will
// be, so that the bound holds for a run without an end as well, and for windows that overlap.
//
// Where a tested window is over its bound, the stretch is fitted: ends are moved to where the
// likelihood of "a constant part is missing within, nothing outside" is greatest, then out to
// intervals of which only a part is affected.
#pragma once

#include <vector>

#include "core/compare/quantity.h"

namespace cgtally::compare {

// The probability that something is reported of a run in which nothing is amiss, for each quantity
// and direction a quarter of it.
inline constexpr double kFalseAlarms = 0.001;

struct Stretch {
  Window window;
  enum class What {
    missing,
    more,  // than expected
    late,  // missing at first, and made up for soon after
  } what = What::missing;
  double missing = 0;    // negative: more than expected
  double deviation = 0;  // standard deviation of `missing`
};

// In the order of time.
[[nodiscard]] std::vector<Stretch> find_stretches(const Fluctuation& all);

// The deviate that the whole run may have.
[[nodiscard]] double bound_of_whole_run();

}  // namespace cgtally::compare
