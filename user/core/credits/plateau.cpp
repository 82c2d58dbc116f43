// SPDX-License-Identifier: Apache-2.0
// Stillness is weighed as a likelihood. The one-second means of a sender that nothing limits wander
// by about 3 %, so n independent means within +-s happen by chance once in (3 % / s)^(n - 1) times.
// A plateau is proven when that exceeds 500 000: a steady limiter after six seconds, one that
// wobbles by 1 % after thirteen, and one that wobbles more hardly ever.
#include "core/credits/plateau.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cgtally {
namespace {

constexpr double kFallsFrom = 1.2;  // baselines: a plateau falls from a rate above this
constexpr double kWithin = 0.03;    // of the baseline: each mean
// The distance that the plateau's level may have from the baseline if only its stillness speaks: a
// share of the baseline, and some seconds' worth of bytes: a queue that fills, and the unsettled
// first moments.
constexpr double kLevelWithin = 0.005;
constexpr double kFillingQueueSeconds = 0.02;
constexpr double kUnsettledSeconds = 0.06;
constexpr double kSeenSeconds = 3.4;
constexpr double kSeenSecondsWithCounter = 2.9;
constexpr std::size_t kFewestMeans = 3;
constexpr double kFallSeconds = 3;  // from a rate clearly above to the plateau
constexpr unsigned kFallMeans = 3;
constexpr double kUnshaped = 0.03;   // how far the means of a sender without a limiter wander
constexpr double kStillest = 0.002;  // a few packets a second: less wobble is not credited
constexpr double kUnlikely = 5e5;
constexpr std::size_t kMostMeans = 128;
// Measured on m5, m6i, m6g, m8i and m8g (I. Vari, "EC2 network baseline vs burst", 2026): the
// counter counts at most 38 % of the packets while credits are left, and at least 49 % once they
// are gone.
constexpr double kHeldBack = 0.43;
// Means that are off do not end a plateau that was found, for so long and for so many bytes: a
// sender that waits, and what it and its queue send at once then.
constexpr double kHoldSeconds = 8;
constexpr double kHoldAboveSeconds = 0.25;  // of baseline
constexpr double kHoldBelowSeconds = 3;

// EC2 limits a single flow to 5 Gbit/s, in a cluster placement group to 10: a plateau there has a
// second explanation. Source: "Amazon EC2 instance network bandwidth", EC2 User Guide.
constexpr std::array kFlowCaps{5e9 / 8, 10e9 / 8};

bool is_near(double rate, double target) { return std::abs(rate / target - 1) <= kWithin; }

}  // namespace

PlateauDetector::PlateauDetector(double baseline, double tolerance)
    : baseline_(baseline), tolerance_(tolerance), long_(baseline, tolerance) {}

void PlateauDetector::clear() { *this = PlateauDetector{baseline_, tolerance_}; }

void PlateauDetector::interrupt() {
  const double above = above_;
  clear();
  above_ = above;
  if (above_ > 0) long_.drained();
}

void PlateauDetector::update(const BucketRates& history, const PlateauContext& context) {
  const auto& samples = history.samples();
  RateSample mean;
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
    if (mean.seconds >= BucketRates::kMeanSeconds) break;
    mean += *sample;
  }
  const RateSample& newest = samples.back();
  since_above_s_ += newest.seconds;
  ++since_above_;
  long_.add(newest);
  if (is_near(mean.rate(), baseline_)) {
    const bool fell = since_above_s_ - newest.seconds <= kFallSeconds || since_above_ <= kFallMeans;
    if (means_.empty() && fell) direct_ = true;
    const bool goes_on = found_ != Plateau::none || long_.found() != Plateau::none;
    if (!means_.empty() || fell || goes_on) extend(mean, newest);
  } else {
    all_ = counted_ = {};
    means_.clear();
    direct_ = direct_ && found_ != Plateau::none;
  }
  if (mean.rate() > kFallsFrom * baseline_) {
    above_ = mean.rate() / baseline_;
    since_above_s_ = 0;
    since_above_ = 0;
    if (!long_.makes_up_for_pause()) long_.drained();
  }
  const Plateau judged = evaluate(context);
  if (judged != Plateau::none) {
    held_s_ = held_net_ = 0;
    found_ = judged;
  } else if (found_ != Plateau::none) {
    hold(newest);
  }
}

void PlateauDetector::hold(const RateSample& newest) {
  held_s_ += newest.seconds;
  held_net_ += newest.bytes - baseline_ * newest.seconds;
  const bool within =
      held_net_ <= kHoldAboveSeconds * baseline_ && held_net_ >= -kHoldBelowSeconds * baseline_;
  if (held_s_ > kHoldSeconds || !within) {
    found_ = Plateau::none;
    if (!within || long_.found() == Plateau::proven) long_.begin_again();
  } else if (found_ == Plateau::proven) {
    found_ = Plateau::seen;
  }
}

void PlateauDetector::extend(const RateSample& mean, const RateSample& newest) {
  // The first reading of the counter also covers the time before the plateau.
  if (all_.reads > 0) counted_ += newest;
  all_ += newest;
  means_.push_back({mean.rate(), newest.seconds});
  if (means_.size() > kMostMeans) means_.pop_front();
}

double PlateauDetector::flow_limit(double baseline) {
  for (const double cap : kFlowCaps) {
    if (is_near(cap, baseline)) return cap * 8;
  }
  return 0;
}

Plateau PlateauDetector::evaluate(const PlateauContext& context) const {
  const Plateau found =
      std::max(evaluate_recent(context.has_counter), evaluate_long(context.has_counter));
  if (found == Plateau::none || context.has_counter || flow_limit(baseline_) == 0) return found;
  // No flow was faster than its limit just before, and no two share the limit of one.
  if ((direct_ && context.may_be_empty) || context.flows == FlowCount::several) return found;
  return context.flows == FlowCount::perhaps_several ? Plateau::seen : Plateau::ambiguous;
}

Plateau PlateauDetector::evaluate_recent(bool has_counter) const {
  // Where it did not fall from above, a sender may have come to rest: only the long evidence
  // counts.
  if (!direct_ || means_.size() < kFewestMeans) return Plateau::none;
  const bool rising = counted_.gains >= 2 && 3 * counted_.gains >= 2 * counted_.reads;
  if (has_counter && !rising) return Plateau::none;
  if (all_.seconds < (has_counter ? kSeenSecondsWithCounter : kSeenSeconds)) return Plateau::none;
  if (has_counter && counter_confirms()) return Plateau::proven;
  return is_still(kUnlikely) ? Plateau::proven : Plateau::seen;
}

Plateau PlateauDetector::evaluate_long(bool has_counter) const {
  const bool on_baseline = !means_.empty();
  if (!on_baseline || (has_counter && !long_.counter_rises())) return Plateau::none;
  return long_.found();
}

bool PlateauDetector::over_long() const {
  return long_.found() != Plateau::none && long_.seconds() > all_.seconds;
}

double PlateauDetector::seconds() const { return over_long() ? long_.seconds() : all_.seconds; }

bool PlateauDetector::counter_confirms() const {
  return counted_.packets > 0 && counted_.exceeded >= kHeldBack * counted_.packets;
}

bool PlateauDetector::on_level(double rate, double allowance) const {
  return std::abs(rate / baseline_ - 1) <= tolerance_ + kLevelWithin + allowance;
}

// Tries ever longer parts of the plateau from its end backwards: its first seconds may be
// unsettled.
bool PlateauDetector::is_still(double chance) const {
  if (!on_level(all_.rate(), kUnsettledSeconds / all_.seconds)) return false;
  double lowest = means_.back().rate;
  double highest = lowest;
  double seconds = 0;
  double bytes = 0;
  double independent = 0;
  for (auto mean = means_.rbegin(); mean != means_.rend(); ++mean) {
    lowest = std::min(lowest, mean->rate);
    highest = std::max(highest, mean->rate);
    seconds += mean->fresh_seconds;
    bytes += mean->rate * mean->fresh_seconds;
    independent += std::min(1.0, mean->fresh_seconds);
    const double level = bytes / seconds;
    if (!on_level(level, kFillingQueueSeconds / seconds)) continue;
    const double wobble = std::max(kStillest, (highest - lowest) / 2 / level);
    if ((independent - 1) * std::log(kUnshaped / wobble) >= std::log(chance)) return true;
  }
  return false;
}

std::string PlateauDetector::reason() const {
  const bool rising = over_long() ? long_.counter_rises() : all_.gains > 0;
  return fmt::format("flat at {:.2f} x baseline for {:.0f} s after {:.1f} x{}",
                     over_long() ? long_.level() : all_.rate() / baseline_, seconds(), above_,
                     rising ? ", allowance counter rising" : "");
}

}  // namespace cgtally
