// SPDX-License-Identifier: Apache-2.0
// Shorthand for tests of the bucket: the incident's terms, and traffic at a rate for a while.
#pragma once

#include <cmath>
#include <functional>
#include <string>

#include "core/credits/bucket.h"
#include "unit/traffic.h"

namespace cgtally {

// 64 Mbit/s and 5 Gbit/s: 8 MB a second are earned.
inline CreditTerms terms(double capacity_lo, double capacity_hi, Basis basis) {
  return {.baseline = {64'000'000},
          .burst = {5'000'000'000},
          .capacity = {.lo = capacity_lo, .hi = capacity_hi},
          .capacity_basis = basis};
}
inline CreditTerms told(double capacity) { return terms(capacity, capacity, Basis::told); }

inline constexpr double kBaseline = 8e6;  // bytes per second
inline constexpr double kCapacity = 1e9;

struct CounterOf {
  bool there = false;
  double share = 0;  // of the packets that are counted
};

class Clock {
 public:
  explicit Clock(double tick_s = 1) : tick_s_(tick_s) {}

  // `rate`: bytes per second as a function of the seconds since the call.
  void run(Bucket& bucket, const std::function<double(double)>& rate, double seconds,
           CounterOf counter = {}) {
    const auto ticks = std::lround(seconds / tick_s_);
    for (long i = 0; i < ticks; ++i) {
      now_s_ += tick_s_;
      unread_s_ += tick_s_;
      const double bytes = rate(static_cast<double>(i) * tick_s_) * tick_s_;
      exceeded_ += bytes / 1200 * counter.share;
      BucketTick tick{.now = now(),
                      .elapsed = nanoseconds(tick_s_),
                      .charged = {static_cast<std::uint64_t>(std::llround(bytes))},
                      .packets = {static_cast<std::uint64_t>(bytes / 1200)},
                      .exceeded = std::nullopt,
                      .has_counter = counter.there};
      if (counter.there && unread_s_ > 0.95) {
        tick.exceeded = static_cast<std::uint64_t>(exceeded_);
        exceeded_ = unread_s_ = 0;
      }
      bucket.advance(tick);
      if (exhausted_at_s_ < 0 && bucket.state() == CreditState::exhausted) exhausted_at_s_ = now_s_;
    }
  }
  void run(Bucket& bucket, double rate, double seconds, CounterOf counter = {}) {
    run(bucket, [rate](double) { return rate; }, seconds, counter);
  }
  void skip(double seconds) { now_s_ += seconds; }

  [[nodiscard]] Moment now() const { return {.boot = nanoseconds(now_s_), .wall = {}}; }
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] double exhausted_at_s() const { return exhausted_at_s_; }  // first; -1: never
  static Nanoseconds nanoseconds(double seconds) {
    return Nanoseconds{static_cast<std::int64_t>(std::llround(seconds * 1e9))};
  }

 private:
  double tick_s_;
  double now_s_ = 0;
  double unread_s_ = 0;
  double exceeded_ = 0;
  double exhausted_at_s_ = -1;
};

inline bool said(const Bucket& bucket, const std::string& words) {
  for (const auto& evidence : bucket.evidence()) {
    if (evidence.sentence.find(words) != std::string::npos) return true;
  }
  return false;
}

inline std::string all_said(const Bucket& bucket) {
  std::string text;
  for (const auto& evidence : bucket.evidence()) text += evidence.sentence + "\n";
  return text;
}

}  // namespace cgtally
