// SPDX-License-Identifier: Apache-2.0
// The recent past of one direction: means over half a second (over a tick where ticks are longer),
// how fast it drains and how sure that is. Says nothing about the bucket.
#pragma once

#include <deque>
#include <optional>

#include "core/base/units.h"
#include "core/credits/bounds.h"

namespace cgtally {

// Bytes per second over one stretch, and what the allowance counter did in it.
struct RateSample {
  double seconds = 0;
  double bytes = 0;
  double packets = 0;
  double exceeded = 0;
  unsigned reads = 0;  // of the counter
  unsigned gains = 0;  // reads in which it had moved

  [[nodiscard]] double rate() const { return seconds > 0 ? bytes / seconds : 0; }
  RateSample& operator+=(const RateSample& other);
};

class BucketRates {
 public:
  // A second, or a tick where ticks are longer: what is called a mean below.
  static constexpr double kMeanSeconds = 0.95;

  explicit BucketRates(double baseline) : baseline_(baseline) {}

  // True: a sample was completed.
  bool add(const RateSample& tick);
  void clear();

  [[nodiscard]] const std::deque<RateSample>& samples() const { return samples_; }
  // Of the last second or so, the tick that is under way included.
  [[nodiscard]] double current() const;
  // The mean of the last second or, while it drains, since it does (at most 20 s).
  [[nodiscard]] double mean() const;
  // Between which bounds that mean will stay if nothing but chance changes; a steady rate has
  // hardly any width. No upper bound on time follows from lo = 0: too little was seen.
  [[nodiscard]] ByteRange spread() const;

 private:
  [[nodiscard]] std::size_t draining_since() const;

  double baseline_;
  RateSample open_;
  std::deque<RateSample> samples_;  // newest last
};

}  // namespace cgtally
