// SPDX-License-Identifier: Apache-2.0
// The few distributions that `compare` needs. A value's place in a distribution is told as the
// normal deviate of the same probability.
#pragma once

#include <vector>

namespace cgtally::compare {

// The deviates that enclose 99 % of a normal distribution.
inline constexpr double kDeviate99 = 2.5758;

// A normal distribution's standard deviation, in medians of the distance from its middle.
inline constexpr double kDeviationOfMedian = 1.4826;

// 0 without values.
[[nodiscard]] double median(std::vector<double> values);

// P(Z > z).
[[nodiscard]] double upper_tail(double z);
// The z with P(Z > z) = probability; of 1e-300 to 0.5.
[[nodiscard]] double deviate_of(double upper_tail_probability);

// The deviate of `count` successes in `trials`, each with the probability `share` (above 0, below
// 1): the signed root of the likelihood ratio, sign(x - share)·sqrt(2n·(x·ln(x/share) +
// (1-x)·ln((1-x)/(1-share)))) with x = count/trials. By Zubkov and Serov ("A complete proof of
// universal inequalities for the distribution function of the binomial law", Theory Probab. Appl.
// 57, 2013) it bounds the tail without an approximation: P(X <= count) <= P(Z <= deviate(count+1)).
[[nodiscard]] double binomial_deviate(double count, double trials, double share);

// The same for a sum of lumps with that mean and variance, as if it were so many lumps of one size,
// variance/mean, in a Poisson distribution: the tail above is longer than that below, as it is of a
// sum of few.
[[nodiscard]] double poisson_deviate(double sum, double mean, double variance);

}  // namespace cgtally::compare
