// SPDX-License-Identifier: Apache-2.0
// BurstCounters: the bursts of a run as counters and histograms that only rise, for a scrape.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/bursts/cause.h"
#include "core/traffic/direction.h"

namespace cgtally::serve {

// How many values were at most each bound, and their sum.
template <std::size_t Count>
struct Buckets {
  std::array<std::uint64_t, Count> at_most{};  // each holds those of the bounds below, too
  std::uint64_t count = 0;
  double sum = 0;

  void add(double value, const std::array<double, Count>& bounds) {
    for (std::size_t i = 0; i < Count; ++i) at_most[i] += value <= bounds[i] ? 1U : 0U;
    ++count;
    sum += value;
  }
};

inline constexpr std::array<double, 12> kDurationBounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                        0.1,   0.2,   0.5,   1,    5,    30};
inline constexpr std::array<double, 7> kSizeBounds{1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
inline constexpr std::size_t kBurstCauses = 5;

// Of one direction of one interface.
struct BurstCount {
  std::array<std::uint64_t, kBurstCauses> by_cause{};
  std::uint64_t bytes = 0;
  Buckets<kDurationBounds.size()> durations;  // seconds
  Buckets<kSizeBounds.size()> sizes;          // bytes
};

using BurstCountKey = std::pair<std::string, Direction>;
using BurstCounts = std::map<BurstCountKey, BurstCount>;

// `serve` adds each burst once it has ended. An interface has its counters from the first time that
// it is named, at zero, so that a first burst is an increase.
class BurstCounters {
 public:
  void name_interface(const std::string& iface) {
    for (const Direction direction : kDirections) counts_.try_emplace({iface, direction});
  }
  void add(const ExplainedBurst& burst);
  void forget_interface(const std::string& iface) {
    for (const Direction direction : kDirections) counts_.erase({iface, direction});
  }
  [[nodiscard]] const BurstCounts& counts() const { return counts_; }

 private:
  BurstCounts counts_;
};

}  // namespace cgtally::serve
