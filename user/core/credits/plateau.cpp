// SPDX-License-Identifier: Apache-2.0
// Stillness is weighed as a likelihood: means of an unshaped sender wander by some 3 %, so n of
// them within +-s come by chance about once in (3 % / s)^(n - 1) times. A steady shaper is believed
// after six seconds, one that wobbles by 1 % after thirteen, and one that wobbles more hardly ever.
#include "core/credits/plateau.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cgtally {
namespace {

constexpr double kClearlyAbove = 1.2;  // baselines
constexpr double kWithin = 0.03;       // of the baseline: each mean
// How far a level may be from the baseline where nothing but stillness speaks: a share of it, and
// so many seconds' worth besides: a queue that fills, and at first what was not settled yet.
constexpr double kLevelWithin = 0.005;
constexpr double kQueueSeconds = 0.02;
constexpr double kUnsettledSeconds = 0.06;
constexpr double kSeenSeconds = 3.4;
constexpr double kSeenSecondsWithCounter = 2.9;
constexpr std::size_t kFewestMeans = 3;
constexpr double kFallSeconds = 3;  // from clearly above to the plateau
constexpr unsigned kFallMeans = 3;
constexpr double kUnshaped = 0.03;   // by how much an unshaped sender's means wander
constexpr double kStillest = 0.002;  // stiller than a few packets in a second is not credited
constexpr double kUnlikely = 5e5;
constexpr std::size_t kMostMeans = 128;
// Measured: at most 38 % of the packets were counted with credits left, 49 % and more without.
constexpr double kHeldBack = 0.43;

// What one flow may at most: a plateau there has a second explanation.
constexpr std::array kFlowCaps{5e9 / 8, 10e9 / 8};

bool near(double rate, double target) { return std::abs(rate / target - 1) <= kWithin; }

}  // namespace

PlateauWatch::PlateauWatch(double baseline, double tolerance)
    : baseline_(baseline), tolerance_(tolerance) {}

void PlateauWatch::clear() { *this = PlateauWatch{baseline_, tolerance_}; }

void PlateauWatch::look(const BucketRates& history, bool has_counter) {
  const auto& samples = history.samples();
  RateSample mean;
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
    if (mean.seconds >= BucketRates::kMeanSeconds) break;
    mean += *sample;
  }
  const RateSample& newest = samples.back();
  since_above_s_ += newest.seconds;
  ++since_above_;
  if (near(mean.rate(), baseline_)) {
    const bool fell = since_above_s_ - newest.seconds <= kFallSeconds || since_above_ <= kFallMeans;
    if (!means_.empty() || fell) extend(mean, newest);
  } else {
    all_ = counted_ = {};
    means_.clear();
  }
  if (mean.rate() > kClearlyAbove * baseline_) {
    above_ = mean.rate() / baseline_;
    since_above_s_ = 0;
    since_above_ = 0;
  }
  found_ = judge(has_counter);
}

void PlateauWatch::extend(const RateSample& mean, const RateSample& newest) {
  // What was recognised goes on after an outlier; what was not has to fall from above again.
  if (found_ != Plateau::none) {
    since_above_s_ = 0;
    since_above_ = 0;
  }
  // The first reading of the counter also covers what was before.
  if (all_.reads > 0) counted_ += newest;
  all_ += newest;
  means_.push_back({mean.rate(), newest.seconds});
  if (means_.size() > kMostMeans) means_.pop_front();
}

Plateau PlateauWatch::judge(bool has_counter) const {
  if (means_.size() < kFewestMeans) return Plateau::none;
  const bool rising = counted_.gains >= 2 && 3 * counted_.gains >= 2 * counted_.reads;
  if (has_counter && !rising) return Plateau::none;
  const bool ambiguous = std::any_of(kFlowCaps.begin(), kFlowCaps.end(),
                                     [&](double cap) { return near(cap, baseline_); });
  if (!has_counter && ambiguous) return Plateau::none;
  if (all_.seconds < (has_counter ? kSeenSecondsWithCounter : kSeenSeconds)) return Plateau::none;
  if (has_counter && counter_confirms()) return Plateau::proven;
  return still(kUnlikely) ? Plateau::proven : Plateau::seen;
}

bool PlateauWatch::counter_confirms() const {
  return counted_.packets > 0 && counted_.exceeded >= kHeldBack * counted_.packets;
}

bool PlateauWatch::on_level(double rate, double allowance) const {
  return std::abs(rate / baseline_ - 1) <= tolerance_ + kLevelWithin + allowance;
}

// Looks at ever more of the plateau, newest first: its first seconds may be unsettled.
bool PlateauWatch::still(double chance) const {
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
    if (!on_level(level, kQueueSeconds / seconds)) continue;
    const double wobble = std::max(kStillest, (highest - lowest) / 2 / level);
    if ((independent - 1) * std::log(kUnshaped / wobble) >= std::log(chance)) return true;
  }
  return false;
}

std::string PlateauWatch::reason() const {
  std::array<char, 120> text{};
  const double level = all_.rate() / baseline_;
  std::snprintf(text.data(), text.size(), "flat at %.2f x baseline for %.0f s after %.1f x", level,
                all_.seconds, above_);
  std::string said = text.data();
  if (all_.gains > 0) said += ", allowance counter rising";
  return said;
}

}  // namespace cgtally
