// SPDX-License-Identifier: Apache-2.0
// The recent rates of one direction: samples of half a second (of a tick if ticks are longer),
// their mean, and the range in which that mean is likely to stay.
#pragma once

#include <deque>

#include "core/base/byte_range.h"

namespace cgtally {

// The traffic of one stretch of time, and the gain of the allowance counter in it.
struct RateSample {
  double seconds = 0;
  double bytes = 0;
  double packets = 0;
  double exceeded = 0;
  unsigned reads = 0;  // readings of the counter
  unsigned gains = 0;  // readings that found it higher than before

  // Bytes per second.
  [[nodiscard]] double rate() const { return seconds > 0 ? bytes / seconds : 0; }
  RateSample& operator+=(const RateSample& other);
};

// Up to 20 s of samples. Bucket feeds it each tick and PlateauDetector reads it; it knows the
// baseline but nothing of the balance.
class BucketRates {
 public:
  // A mean covers about one second, or one tick if ticks are longer.
  static constexpr double kMeanSeconds = 0.95;

  explicit BucketRates(double baseline) : baseline_(baseline) {}

  // Returns whether the tick completed a sample.
  bool add(const RateSample& tick);
  void clear();

  [[nodiscard]] const std::deque<RateSample>& samples() const { return samples_; }
  // Bytes per second over the last second, the unfinished sample included.
  [[nodiscard]] double current() const;
  // The mean rate of the last second or, while the rate stays above the baseline, since it rose
  // above (at most 20 s).
  [[nodiscard]] double mean() const;
  // The range in which that mean stays with 95 % probability if the traffic does not change; a
  // steady rate has hardly any width. lo = 0 while there are too few samples.
  [[nodiscard]] ByteRange spread() const;

 private:
  [[nodiscard]] std::size_t draining_since() const;

  double baseline_;
  RateSample open_;
  std::deque<RateSample> samples_;  // newest last
};

}  // namespace cgtally
