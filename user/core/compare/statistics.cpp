// SPDX-License-Identifier: Apache-2.0
// Computed from erfc and log; nothing is tabulated.
#include "core/compare/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace cgtally::compare {
namespace {

constexpr double kMostDeviates = 38;  // beyond, a double cannot hold the probability
constexpr int kHalvings = 60;

// x·ln(x/y), which is 0 at 0.
double weighed_log(double x, double y) { return x > 0 ? x * std::log(x / y) : 0; }

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double deviate_of(double upper_tail_probability) {
  double low = 0;
  double high = kMostDeviates;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (upper_tail(middle) > upper_tail_probability ? low : high) = middle;
  }
  return high;
}

double binomial_deviate(double count, double trials, double share) {
  if (trials <= 0) return 0;
  const double x = std::clamp(count / trials, 0.0, 1.0);
  const double twice = 2 * trials * (weighed_log(x, share) + weighed_log(1 - x, 1 - share));
  const double root = std::sqrt(std::max(twice, 0.0));
  return x < share ? -root : root;
}

double poisson_deviate(double sum, double mean, double variance) {
  if (mean <= 0 || variance <= 0) return variance > 0 ? (sum - mean) / std::sqrt(variance) : 0;
  const double lump = variance / mean;
  const double twice = 2 * (weighed_log(sum, mean) - (sum - mean)) / lump;
  const double root = std::sqrt(std::max(twice, 0.0));
  return sum < mean ? -root : root;
}

}  // namespace cgtally::compare
