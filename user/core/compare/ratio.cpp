// SPDX-License-Identifier: Apache-2.0
// The median of the ratios of parts, with the error that their spread tells.
#include "core/compare/ratio.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/compare/statistics.h"

namespace cgtally::compare {
namespace {

constexpr std::size_t kParts = 12;
constexpr double kErrorOfMedian = 1.2533;  // of a mean's; sqrt(pi/2)
constexpr double kDoubtOfRatio = 2.5;      // standard errors

}  // namespace

bool Ratio::differs_from(double other) const {
  return std::abs(value - other) > kDoubtOfRatio * error;
}

Ratio learn_ratio(const std::vector<double>& above, const std::vector<double>& below,
                  double error_at_least) {
  std::vector<double> ratios;
  const std::size_t count = above.size();
  const std::size_t parts = std::min(kParts, count);
  for (std::size_t part = 0; part < parts; ++part) {
    double sum_above = 0;
    double sum_below = 0;
    for (std::size_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
      sum_above += above[i];
      sum_below += below[i];
    }
    if (sum_below > 0) ratios.push_back(sum_above / sum_below);
  }
  if (ratios.empty()) return {};
  const double value = median(ratios);
  std::vector<double> apart;
  for (const double ratio : ratios) apart.push_back(std::abs(ratio - value));
  const double of_one = kDeviationOfMedian * median(apart);
  const double error = kErrorOfMedian * of_one / std::sqrt(static_cast<double>(ratios.size()));
  if (value <= 0) return {};
  return {.value = value, .error = std::max(error, kErrorOfMedian * error_at_least * value)};
}

}  // namespace cgtally::compare
