// SPDX-License-Identifier: Apache-2.0
// The spread is calculated from the samples: the standard error of their mean times Student's t.
// The samples are put into blocks first, since neighbouring samples resemble each other. A fixed
// percentage would be too wide for a steady stream and too narrow for a bursty one.
#include "core/credits/rates.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cgtally {
namespace {

constexpr double kSampleSeconds = 0.45;
constexpr double kKeptSeconds = 20;
constexpr std::size_t kFewestKept = 8;
constexpr std::size_t kFewest = 3;  // samples, for a spread to be calculated

double standard_error(const std::vector<double>& rates, double mean) {
  double squares = 0;
  for (const double rate : rates) squares += (rate - mean) * (rate - mean);
  const auto count = static_cast<double>(rates.size());
  return std::sqrt(squares / (count - 1) / count);
}

}  // namespace

RateSample& RateSample::operator+=(const RateSample& other) {
  seconds += other.seconds;
  bytes += other.bytes;
  packets += other.packets;
  exceeded += other.exceeded;
  reads += other.reads;
  gains += other.gains;
  return *this;
}

bool BucketRates::add(const RateSample& tick) {
  open_ += tick;
  if (open_.seconds < kSampleSeconds) return false;
  samples_.push_back(open_);
  open_ = {};
  double kept = 0;
  for (const auto& sample : samples_) kept += sample.seconds;
  while (samples_.size() > kFewestKept && kept - samples_.front().seconds >= kKeptSeconds) {
    kept -= samples_.front().seconds;
    samples_.pop_front();
  }
  return true;
}

void BucketRates::clear() {
  open_ = {};
  samples_.clear();
}

double BucketRates::current() const {
  RateSample sum = open_;
  for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
    if (sum.seconds >= kMeanSeconds) break;
    sum += *sample;
  }
  return sum.rate();
}

// The index from which on all samples are above the baseline. The first of them partly covers the
// time before, so it is left out if enough others remain.
std::size_t BucketRates::draining_since() const {
  std::size_t first = samples_.size();
  while (first > 0 && samples_[first - 1].rate() > baseline_) --first;
  if (first > 0 && samples_.size() - first > kFewest) ++first;
  return first;
}

double BucketRates::mean() const {
  const std::size_t first = draining_since();
  if (samples_.size() - first < 2) return current();
  RateSample sum;
  for (std::size_t i = first; i < samples_.size(); ++i) sum += samples_[i];
  return sum.rate();
}

ByteRange BucketRates::spread() const {
  const std::size_t first = draining_since();
  const std::size_t count = samples_.size() - first;
  if (count < kFewest) {
    double highest = current();
    for (const auto& sample : samples_) highest = std::max(highest, sample.rate());
    return {0, highest};
  }
  // At most ten blocks; the oldest samples are left out if they do not fill one.
  const std::size_t length = (count + 9) / 10;
  std::vector<double> blocks;
  for (std::size_t end = samples_.size(); end >= first + length; end -= length) {
    RateSample block;
    for (std::size_t i = end - length; i < end; ++i) block += samples_[i];
    blocks.push_back(block.rate());
  }
  // Student's t for 95 %, approximated for the number of blocks: 4.3 for 3, 2.3 for 10.
  const auto freedom = static_cast<double>(blocks.size() - 1);
  const double t = 2.0 * (1 + 2.3 / (freedom * freedom));
  const double mean = this->mean();
  const double margin = t * standard_error(blocks, mean);
  return {std::max(0.0, mean - margin), mean + margin};
}

}  // namespace cgtally
