// SPDX-License-Identifier: Apache-2.0
// A service whose requests are mirrored, in random runs that are the same wherever the test runs:
// the distributions are made here, because those of <random> differ between libraries. A Poisson
// process that is sampled falls apart into two that do not know of each other: the requests that
// are mirrored, and the others. Both are drawn interval by interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "core/compare/compare.h"

namespace cgtally::compare {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : source_(seed) {}

  double uniform() { return static_cast<double>(source_() >> 11U) * 0x1.0p-53; }
  double normal() {  // Box and Muller
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(2 * std::acos(-1.0) * uniform());
  }
  // By searching the distribution from its mode outwards.
  double poisson(double mean) {
    const double mode = std::floor(mean);
    return search(mode, std::exp(mode * std::log(mean) - mean - std::lgamma(mode + 1)),
                  [mean](double k) { return mean / (k + 1); });
  }
  double binomial(double n, double p) {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    const double mode = std::min(n, std::floor((n + 1) * p));
    const double log = std::lgamma(n + 1) - std::lgamma(mode + 1) - std::lgamma(n - mode + 1) +
                       mode * std::log(p) + (n - mode) * std::log1p(-p);
    return search(mode, std::exp(log),
                  [n, p](double k) { return (n - k) / (k + 1) * p / (1 - p); });
  }

 private:
  // `up` is P(k + 1) / P(k).
  template <typename Up>
  double search(double mode, double at_mode, Up up) {
    double left = uniform() - at_mode;
    double above = mode;
    double below = mode;
    double p_above = at_mode;
    double p_below = at_mode;
    while (left > 0 && (p_above > 1e-18 || p_below > 1e-18)) {
      p_above *= up(above++);
      left -= p_above;
      if (left <= 0) return above;
      if (below <= 0) continue;
      p_below /= up(--below);
      left -= p_below;
      if (left <= 0) return below;
    }
    return mode;
  }

  std::mt19937_64 source_;
};

struct SimulatedService {
  std::uint64_t seed = 1;
  std::size_t seconds = 300;
  double rate = 1'000;  // requests a second, at its mean; it swings by a third
  double share = 0.1;
  double delay_s = 0.003;  // of a mirrored request, mean
  // The part of the mirrored requests between two times, in seconds, that is lost.
  std::function<double(double begin, double end)> lost = [](double, double) { return 0.0; };
  double bytes = 900;  // of a request, mean
  double bytes_deviation = 600;
  double packets_of_original = 1;  // of a request, mean, 1 to 2
  double packets_of_mirror = 1;
  bool keeps_alive = false;
};

struct SimulatedRun {
  Series series;
  double lost = 0;
};

inline Amounts amounts_of(double requests, double packets, const SimulatedService& service,
                          Chance& chance) {
  const double spread = service.bytes_deviation * std::sqrt(requests) * chance.normal();
  return {.connections = service.keeps_alive ? 0.0 : requests,
          .data_packets = requests + chance.binomial(requests, packets - 1),
          .payload_bytes = std::max(0.0, service.bytes * requests + spread)};
}

inline SimulatedRun simulate(const SimulatedService& service) {
  Chance chance(service.seed);
  SimulatedRun run;
  run.series.hosts = 1;
  double late = 0;
  for (std::size_t i = 0; i < service.seconds; ++i) {
    const auto at = static_cast<double>(i);
    const double rate = service.rate * (1 + std::sin(at / 47) / 3);
    const double chosen = chance.poisson(rate * service.share);
    const double others = service.share < 1 ? chance.poisson(rate * (1 - service.share)) : 0;
    const double lost = chance.binomial(chosen, service.lost(at, at + 1));
    const double later = chance.binomial(chosen - lost, service.delay_s);
    const double arrived = chosen - lost - later + late;
    late = later;
    run.lost += lost;
    const double mirrored_packets = service.packets_of_mirror;
    Amounts mirror = amounts_of(arrived, mirrored_packets, service, chance);
    Amounts original = amounts_of(others, service.packets_of_original, service, chance);
    Amounts of_chosen = amounts_of(chosen, service.packets_of_original, service, chance);
    // The bytes of a mirrored request are those of the original, and a header.
    if (chosen > 0) mirror.payload_bytes = of_chosen.payload_bytes / chosen * arrived;
    mirror.payload_bytes += 24 * arrived;
    original += of_chosen;
    run.series.intervals.push_back({.begin = std::chrono::seconds(i),
                                    .end = std::chrono::seconds(i + 1),
                                    .original = original,
                                    .mirror = mirror});
  }
  return run;
}

}  // namespace cgtally::compare
