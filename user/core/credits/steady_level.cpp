// SPDX-License-Identifier: Apache-2.0
// Two kinds of stillness prove a limiter; both are weighed by counting means near the level, which
// does not mind the few that are off:
//   - most means of a second lie within 0.4 % of the level, where a sender wanders by about 3 %;
//   - long means lie nearer to the level than the wandering of the short ones allows: those of n
//     seconds wander by 1 / sqrt(n) of it if each second is a matter of chance, and by more if a
//     sender has moods, while a limiter makes up for each packet that was early or late.
// A share p = 0.8 f of all means lies within f standard deviations by chance. That m of k do has a
// probability of at most exp(-k D(m/k || p)), D being the relative entropy (Chernoff's bound).
#include "core/credits/steady_level.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace cgtally {
namespace {

constexpr double kHistorySeconds = 1800;
constexpr std::size_t kFewestInHistory = 64;
constexpr double kFewestSeconds = 60;  // on the level
constexpr std::size_t kFewestLongMeans = 6;
constexpr int kNewest = 4;
constexpr double kUncountedSeconds = 0.06;  // of baseline, in a mean that is not complete
constexpr double kDueAfter = 1.05;          // times the seconds of the evaluation before
constexpr double kDueSeconds = 30;          // and no later than that, once the history is full
constexpr double kPause = 0.15;             // below the baseline, or above to make up for a pause
constexpr double kHeldBackSeconds = 2;      // of baseline: a queue may let it through at once
constexpr double kPauseSeconds = 3;    // of baseline, saved up: after more the level begins again
constexpr double kMadeUpSeconds = 10;  // after a pause: what it saved up is spent, or never will be
constexpr double kRestedSeconds = 300;  // of baseline: so long a rest, and the drain is forgotten
constexpr double kLevelOff = 0.005;     // of the baseline: of the level, beside the tolerance
constexpr double kWander = 0.03;
constexpr double kStill = 0.004;
constexpr double kStillShare = 0.6;
constexpr double kCoarsest = 0.08;  // short means that wander more say nothing
constexpr double kFinest = 0.001;   // less wandering of long means is not credited
constexpr double kSeenWithin = 0.02;
constexpr double kSeenShare = 0.95;
constexpr double kDensity = 0.8;                  // 2 / sqrt(2 pi): of a deviation, both ways
constexpr double kLongUnlikely = 16.2;            // ln of 1e7
constexpr std::array kScales{4, 8, 16, 32, 64};   // means of a second in a long one
constexpr std::array kParts{0.1, 0.2, 0.4, 0.8};  // of a deviation

// -ln of the most that the chance of `hits` of `all` can be, if each has the chance `p`.
double unlikeliness(std::size_t hits, std::size_t all, double p) {
  const double share = static_cast<double>(hits) / static_cast<double>(all);
  if (p <= 0 || p >= 1 || share <= p) return 0;
  double entropy = share * std::log(share / p);
  if (share < 1) entropy += (1 - share) * std::log((1 - share) / (1 - p));
  return static_cast<double>(all) * entropy;
}

std::size_t within(const std::vector<double>& rates, double level, double distance) {
  return static_cast<std::size_t>(std::ranges::count_if(
      rates, [&](double rate) { return std::abs(rate - level) <= distance; }));
}

// The mean of those near the median: few that are off do not move it.
double level_of(std::vector<double> rates) {
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::ranges::nth_element(rates, middle);
  const double median = *middle;
  std::erase_if(rates, [median](double rate) { return std::abs(rate - median) > kWander; });
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum / static_cast<double>(rates.size());
}

// A standard deviation by the distance that two thirds keep.
double deviation_of(std::vector<double> rates, double level) {
  for (double& rate : rates) rate = std::abs(rate - level);
  const auto at = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() * 68 / 100);
  std::ranges::nth_element(rates, at);
  return *at;
}

bool are_still(const std::vector<double>& rates, double level) {
  const std::size_t hits = within(rates, level, kStill);
  if (static_cast<double>(hits) < kStillShare * static_cast<double>(rates.size())) return false;
  return unlikeliness(hits, rates.size(), kDensity * kStill / kWander) >= kLongUnlikely;
}

bool are_too_near(const std::vector<double>& long_means, double level, double deviation) {
  return std::ranges::any_of(kParts, [&](double part) {
    const double distance = std::max(kFinest, part * deviation);
    const double p = kDensity * distance / deviation;
    const std::size_t hits = within(long_means, level, distance);
    return unlikeliness(hits, long_means.size(), p) >= kLongUnlikely;
  });
}

}  // namespace

SteadyLevel::SteadyLevel(double baseline, double tolerance)
    : baseline_(baseline), tolerance_(tolerance) {}

void SteadyLevel::drained() {
  *this = SteadyLevel{baseline_, tolerance_};
  after_drain_ = true;
}

void SteadyLevel::begin_again() {
  const double rested_s = rested_s_ + unspent_ / baseline_;
  *this = SteadyLevel{baseline_, tolerance_};
  after_drain_ = rested_s <= kRestedSeconds;
  rested_s_ = rested_s;
}

void SteadyLevel::add(const RateSample& sample) {
  if (!after_drain_) return;
  open_ += sample;
  if (open_.seconds < BucketRates::kMeanSeconds) return;
  add_mean(open_);
  open_ = {};
}

void SteadyLevel::add_mean(const RateSample& sample) {
  const double rate = sample.rate() / baseline_;
  const bool flat = std::abs(rate - 1) <= kPause;
  since_pause_s_ = flat ? since_pause_s_ + sample.seconds : 0;
  if (!flat) unspent_ += (1 - rate) * baseline_ * sample.seconds;
  if (since_pause_s_ >= kMadeUpSeconds) unspent_ = 0;
  // More than pauses have saved up and a queue can hold: no limiter lets that pass.
  if (unspent_ < -kHeldBackSeconds * baseline_) {
    drained();
    return;
  }
  unspent_ = std::max(0.0, unspent_);
  if (unspent_ > std::max(kPauseSeconds, sample.seconds) * baseline_) {
    begin_again();
    return;
  }
  if (flat_s_ >= kFewestSeconds) rested_s_ = 0;
  if (flat) flat_s_ += sample.seconds;
  kept_s_ += sample.seconds;
  clock_s_ += sample.seconds;
  means_.push_back({rate, sample.seconds, sample.reads, sample.gains, flat});
  forget_oldest();
  if (found_ != Plateau::proven && is_due()) found_ = evaluate();
}

void SteadyLevel::forget_oldest() {
  while (means_.size() > kFewestInHistory && kept_s_ - means_.front().seconds >= kHistorySeconds) {
    kept_s_ -= means_.front().seconds;
    if (means_.front().flat) flat_s_ -= means_.front().seconds;
    means_.pop_front();
  }
}

bool SteadyLevel::is_due() {
  if (flat_s_ < kFewestSeconds || !means_.back().flat || clock_s_ < due_at_s_) return false;
  due_at_s_ = std::min(kDueAfter * clock_s_, clock_s_ + kDueSeconds);
  return true;
}

Plateau SteadyLevel::evaluate() {
  std::vector<double> rates;
  for (const Mean& mean : means_) {
    if (mean.flat) rates.push_back(mean.rate);
  }
  if (rates.size() < kFewestLongMeans) return Plateau::none;
  level_ = level_of(rates);
  const double off = std::abs(level_ - 1);
  if (off > tolerance_ + kLevelOff) return Plateau::none;
  if (!is_on_level(rates)) return Plateau::none;
  if (are_still(rates, level_) || makes_up(rates)) return Plateau::proven;
  const auto near = static_cast<double>(within(rates, level_, kSeenWithin));
  const bool seen = off <= kLevelOff && near >= kSeenShare * static_cast<double>(rates.size());
  return seen ? Plateau::seen : Plateau::none;
}

// The newest means are there, too: what was proven of the time before may have ended.
bool SteadyLevel::is_on_level(const std::vector<double>& rates) const {
  const double distance = std::max(kStill, deviation_of(rates, level_));
  const auto off = std::count_if(means_.end() - kNewest, means_.end(), [&](const Mean& mean) {
    return std::abs(mean.rate - level_) > distance;
  });
  return off <= 1 && std::abs(means_.back().rate - level_) <= distance;
}

// What can be there now if the bucket was empty at any time since the oldest mean. The limiter's
// own level is taken as high as the tolerance and the long means allow.
double SteadyLevel::most_left() const {
  std::vector<double> means = long_means(kScales[0]);
  if (means.empty()) means = long_means(1);
  const double highest = means.empty() ? 1 : std::ranges::max(means);
  const double level = std::clamp(highest, 1 - tolerance_, 1 + tolerance_);
  double left = 0;
  for (const Mean& mean : means_) {
    left = std::max(0.0, left + (level - mean.rate) * mean.seconds);
  }
  return (left + kUncountedSeconds) * baseline_;
}

bool SteadyLevel::makes_up(const std::vector<double>& rates) const {
  const double deviation = deviation_of(rates, level_);
  if (deviation > kCoarsest) return false;
  return std::ranges::any_of(kScales, [&](int scale) {
    const std::vector<double> means = long_means(scale);
    return means.size() >= kFewestLongMeans &&
           are_too_near(means, level_, deviation / std::sqrt(scale));
  });
}

// A pause ends a long mean, which would otherwise join what does not belong together.
std::vector<double> SteadyLevel::long_means(int scale) const {
  std::vector<double> means;
  double amount = 0;
  double seconds = 0;
  int gathered = 0;
  for (const Mean& mean : means_) {
    const bool begins = !mean.flat || gathered == scale;
    if (begins) amount = seconds = gathered = 0;
    if (!mean.flat) continue;
    amount += mean.rate * mean.seconds;
    seconds += mean.seconds;
    if (++gathered == scale) means.push_back(amount / seconds);
  }
  return means;
}

bool SteadyLevel::counter_rises() const {
  unsigned reads = 0;
  unsigned gains = 0;
  for (const Mean& mean : means_) {
    reads += mean.reads;
    gains += mean.gains;
  }
  return gains >= 2 && 3 * gains >= 2 * reads;
}

}  // namespace cgtally
