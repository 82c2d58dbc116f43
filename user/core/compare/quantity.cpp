// SPDX-License-Identifier: Apache-2.0
// The variances of windows: by the model, and learnt from intervals, pairs and groups of eight.
#include "core/compare/quantity.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/compare/statistics.h"

namespace cgtally::compare {
namespace {

// A mirrored copy is taken to be counted at least that much after its request. It moves what is
// between the two at an edge of a window, also where the series cannot tell: at a change of rate.
constexpr double kShiftSeconds = 0.03;
constexpr std::size_t kFewestToLearn = 12;
constexpr double kCutOff = 3;         // standard deviations
constexpr double kDoubtOfSpread = 2;  // standard errors that learnt variances are lowered by

std::vector<double> running(const std::vector<double>& values) {
  std::vector<double> sums{0};
  sums.reserve(values.size() + 1);
  for (const double value : values) sums.push_back(sums.back() + value);
  return sums;
}

struct Spread {
  double variance = 0;
  std::size_t groups = 0;
  // The variance as it may be at the least.
  [[nodiscard]] double at_least() const {
    if (groups == 0) return 0;
    return variance / (1 + kDoubtOfSpread * std::sqrt(2.0 / static_cast<double>(groups)));
  }
};

// Of groups of `length` intervals: the variance of the difference for each request. `grain` is the
// amount of a request: what differs by one request or two is never cut off.
Spread spread_of(const Fluctuation& all, const std::vector<double>& requests, double center,
                 std::size_t length, double grain) {
  std::vector<double> values;
  std::vector<double> grains;
  for (std::size_t first = 0; first + length <= all.size(); first += length) {
    const double of_group = requests[first + length] - requests[first];
    if (of_group <= 0) continue;
    const double root = std::sqrt(of_group);
    values.push_back((all.difference({first, first + length}) - center * of_group) / root);
    grains.push_back(2 * grain / root);
  }
  if (values.size() < kFewestToLearn) return {};
  std::vector<double> sizes;
  sizes.reserve(values.size());
  for (const double value : values) sizes.push_back(std::abs(value));
  const double usual = kCutOff * kDeviationOfMedian * median(std::move(sizes));
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double most = std::max(usual, grains[i]);
    squares += std::pow(std::min(std::abs(values[i]), most), 2);
  }
  return {.variance = squares / static_cast<double>(values.size()), .groups = values.size()};
}

}  // namespace

Fluctuation::Fluctuation(Quantity quantity)
    : quantity_(std::move(quantity)),
      originals_(running(quantity_.original)),
      mirrors_(running(quantity_.mirror)),
      requests_(running(quantity_.requests)),
      size_of_request_(requests_.back() > 0 ? originals_.back() / requests_.back() : 1) {
  take_model();
  // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer): take_model() has set it
  per_request_ = sampling_;
  learn();
  std::vector<double> parts;
  for (std::size_t i = 0; i < size(); ++i) {
    const double of_lump = of_sizes() * (lump(i) - spread_of_sizes_ * quantity_.requests[i]);
    parts.push_back(per_request_ * quantity_.requests[i] + std::max(0.0, of_lump) +
                    2 * learnt_edge(i));
  }
  parts_ = running(parts);
}

// What the interval's sum has above or below the usual, squared: one request's, for all we know.
double Fluctuation::lump(std::size_t interval) const {
  if (quantity_.counts_requests) return 0;
  return std::pow(quantity_.original[interval] - size_of_request_ * quantity_.requests[interval],
                  2);
}

void Fluctuation::take_model() {
  std::vector<double> lumps;
  double squares = 0;
  std::size_t intervals = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    const double requests = quantity_.requests[i];
    lumps.push_back(lump(i));
    if (requests <= 0) continue;
    squares += lumps.back() / requests;
    ++intervals;
  }
  lumps_ = running(lumps);
  spread_of_sizes_ = intervals > 1 ? squares / static_cast<double>(intervals - 1) : 0;
  const double mean = quantity_.counts_requests ? 1 : size_of_request_;
  sampling_ = of_sizes() * (mean * mean + spread_of_sizes_);
}

void Fluctuation::learn() {
  if (size() < kFewestToLearn) return;
  std::vector<double> centers;
  for (std::size_t i = 0; i < size(); ++i) {
    const double requests = quantity_.requests[i];
    if (requests > 0) {
      centers.push_back((quantity_.mirror[i] - quantity_.expected(i)) / requests);
    }
  }
  const double center = median(std::move(centers));
  const double grain = quantity_.ratio * size_of_request_;
  const auto spread = [&](std::size_t length) {
    return spread_of(*this, requests_, center, length, grain);
  };
  const Spread one = spread(1);
  const Spread two = spread(2);
  const Spread eight = spread(8);
  per_edge_ = std::max(0.0, one.variance - two.variance);
  // Of a pair one edge for each request is left, of a group of eight a quarter.
  // The model of a whole mirror knows no chance: what is learnt is all there is.
  const bool whole = sampling_ <= 0;
  const double of_pair = whole ? two.variance : two.at_least();
  const double of_eight = whole ? eight.variance : eight.at_least();
  per_request_ = std::max({sampling_, of_pair - per_edge_, of_eight - per_edge_ / 4});
}

double Fluctuation::learnt_edge(std::size_t interval) const {
  const double grain = quantity_.ratio * size_of_request_;
  return std::max(per_edge_ * quantity_.requests[interval], grain * grain);
}

double Fluctuation::edge_variance(std::size_t interval) const {
  const double mirrored = quantity_.share * quantity_.ratio;
  const double seconds = quantity_.seconds[interval];
  const double between =
      seconds > 0 ? mirrored * quantity_.original[interval] / seconds * kShiftSeconds : 0;
  const double of_lump = mirrored * mirrored * lump(interval);
  return std::max(learnt_edge(interval) + between * between, of_lump);
}

double Fluctuation::variance(Window window) const {
  if (window.size() == 0) return 0;
  const double learnt = expected(window) * quantity_.ratio_error / quantity_.ratio;
  const double requests = sum(requests_, window);
  const double of_lumps = of_sizes() * (sum(lumps_, window) - requests * spread_of_sizes_);
  return per_request_ * requests + std::max(0.0, of_lumps) + edge_variance(window.first) +
         edge_variance(window.last - 1) + learnt * learnt;
}

double Fluctuation::deviate(Window window) const {
  const double all = variance(window);
  if (all <= 0) return 0;
  const double apart = difference(window);
  if (!quantity_.counts_requests || quantity_.ratio != 1 || quantity_.share >= 1) {
    return poisson_deviate(seen(window), expected(window), all);
  }
  // The exact tail of the binomial distribution, as much wider as the variance is.
  const double trials = sum(requests_, window);
  const double next = seen(window) + (apart < 0 ? 1 : -1);
  const double exact = binomial_deviate(next, trials, quantity_.share);
  if ((exact < 0) != (apart < 0)) return 0;
  return exact * std::sqrt(sampling_ * trials / all);
}

}  // namespace cgtally::compare
