// SPDX-License-Identifier: Apache-2.0
#include "core/burst_cause.h"

#include <algorithm>
#include <utility>

#include "core/quantity.h"

namespace cgtally {
namespace {

using Wide = unsigned __int128;
using namespace std::chrono_literals;

constexpr Nanoseconds kFlatFor = 5s;
constexpr Wide kFlatPercent = 3;
constexpr Wide kCeilingPercent = 95;
constexpr std::size_t kGainsKept = 600;

bool within_flatness(BitRate rate, BitRate baseline) {
  const Wide a = rate.bits_per_second;
  const Wide b = baseline.bits_per_second;
  return (a > b ? a - b : b - a) * 100 <= b * kFlatPercent;
}

bool above_flatness(BitRate rate, BitRate baseline) {
  return rate > baseline && !within_flatness(rate, baseline);
}

std::string packets_exceeded(std::uint64_t count) {
  return format_count(count) + (count == 1 ? " packet" : " packets") +
         " over the allowance in its reading";
}

bool overlaps(const AllowanceGain& gain, const Burst& burst) {
  return gain.from < burst.end() && burst.start() < gain.to;
}

}  // namespace

std::string_view cause_name(BurstCause cause) {
  switch (cause) {
    case BurstCause::exhausted:
      return "exhausted";
    case BurstCause::ceiling:
      return "ceiling";
    case BurstCause::microburst:
      return "microburst";
    case BurstCause::burst:
      return "burst";
    case BurstCause::unknown:
      return "unknown";
  }
  return {};
}

bool flat_at_baseline(const std::vector<RateStep>& history, BitRate baseline) {
  Nanoseconds flat{};
  auto step = history.rbegin();
  for (; step != history.rend() && within_flatness(step->rate, baseline); ++step) {
    flat += step->length;
  }
  const bool was_above = std::any_of(step, history.rend(), [&](const RateStep& one) {
    return above_flatness(one.rate, baseline);
  });
  return flat >= kFlatFor && was_above;
}

CauseVerdict cause_of(const Burst& burst, const CauseInputs& inputs) {
  const Grant& grant = inputs.grant;
  const bool rising = inputs.exceeded.value_or(0) > 0;
  if (rising && grant.baseline && !grant.no_credits &&
      flat_at_baseline(inputs.history, *grant.baseline)) {
    return {BurstCause::exhausted,
            "the rate has stood at the baseline of " + format_bit_rate(*grant.baseline) +
                " since it fell to it, and " + packets_exceeded(*inputs.exceeded)};
  }
  const Wide peak = Wide{burst.peak_rate().bits_per_second} * 100;
  if (grant.peak && peak >= Wide{grant.peak->bits_per_second} * kCeilingPercent) {
    return {BurstCause::ceiling, "its peak of " + format_bit_rate(burst.peak_rate()) +
                                     " is the most that is granted, " +
                                     format_bit_rate(*grant.peak)};
  }
  if (rising) return {BurstCause::microburst, packets_exceeded(*inputs.exceeded)};
  if (inputs.exceeded) return {BurstCause::burst, "the allowance counter did not move"};
  return {BurstCause::unknown, "no allowance counter"};
}

void BurstDesk::put(ExplainedBurst burst, std::vector<RateStep> history) {
  waiting_.push_back({.burst = std::move(burst), .history = std::move(history)});
}

// A burst may have lasted for several readings.
std::optional<std::uint64_t> BurstDesk::exceeded_in(const Burst& burst) const {
  std::optional<std::uint64_t> sum;
  for (const AllowanceGain& gain : gains_) {
    if (gain.exceeded && overlaps(gain, burst)) sum = sum.value_or(0) + *gain.exceeded;
  }
  return sum;
}

std::vector<ExplainedBurst> BurstDesk::take(const AllowanceGain& gain, const Grant& grant) {
  gains_.push_back(gain);
  if (gains_.size() > kGainsKept) gains_.pop_front();
  const auto later = std::ranges::stable_partition(
      waiting_, [&](const Waiting& one) { return one.burst.burst.end() <= gain.to; });
  std::vector<Waiting> covered(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(later.begin()));
  waiting_.erase(waiting_.begin(), later.begin());
  std::vector<ExplainedBurst> explained;
  for (Waiting& one : covered) {
    one.burst.exceeded = exceeded_in(one.burst.burst);
    if (one.burst.exceeded) one.burst.shared_with = covered.size() - 1;
    one.burst.verdict = cause_of(
        one.burst.burst,
        {.exceeded = one.burst.exceeded, .grant = grant, .history = std::move(one.history)});
    explained.push_back(std::move(one.burst));
  }
  return explained;
}

}  // namespace cgtally
