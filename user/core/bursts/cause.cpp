// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/cause.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/enum_names.h"
#include "core/base/quantity.h"

namespace cgtally {
namespace {

using Wide = unsigned __int128;
using namespace std::chrono_literals;

constexpr EnumNames<BurstCause::unknown> kCauseNames{"exhausted", "ceiling", "microburst", "burst",
                                                     "unknown"};
constexpr Nanoseconds kFlatFor = 5s;
constexpr Wide kFlatPercent = 3;
constexpr Wide kCeilingPercent = 95;

bool within_flatness(BitRate rate, BitRate baseline) {
  const Wide a = rate.bits_per_second;
  const Wide b = baseline.bits_per_second;
  return (a > b ? a - b : b - a) * 100 <= b * kFlatPercent;
}

bool above_flatness(BitRate rate, BitRate baseline) {
  return rate > baseline && !within_flatness(rate, baseline);
}

std::string packets_exceeded(std::uint64_t count) {
  return fmt::format("{} {} over the allowance in its reading", format_count(count),
                     count == 1 ? "packet" : "packets");
}

bool overlaps(const AllowanceGain& gain, Nanoseconds start, Nanoseconds end) {
  return gain.from < end && start < gain.to;
}

void add_gain(std::optional<std::uint64_t>& sum, const AllowanceGain& gain) {
  if (gain.exceeded) sum = sum.value_or(0) + *gain.exceeded;
}

}  // namespace

std::string_view cause_name(BurstCause cause) { return kCauseNames[cause]; }

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
  const GrantedRates& grant = inputs.grant;
  const bool rising = inputs.exceeded.value_or(0) > 0;
  if (rising && grant.baseline && !grant.no_credits &&
      flat_at_baseline(inputs.history, *grant.baseline)) {
    return {BurstCause::exhausted,
            fmt::format("the rate has stood at the baseline of {} since it fell to it, and {}",
                        format_bit_rate(*grant.baseline), packets_exceeded(*inputs.exceeded))};
  }
  const Wide peak = Wide{burst.peak_rate().bits_per_second} * 100;
  if (grant.peak && peak >= Wide{grant.peak->bits_per_second} * kCeilingPercent) {
    return {BurstCause::ceiling,
            fmt::format("its peak of {} is the most that is granted, {}",
                        format_bit_rate(burst.peak_rate()), format_bit_rate(*grant.peak))};
  }
  if (rising) return {BurstCause::microburst, packets_exceeded(*inputs.exceeded)};
  if (inputs.exceeded) return {BurstCause::burst, "the allowance counter did not move"};
  return {BurstCause::unknown, "no allowance counter"};
}

void BurstExplainer::set_under_way(const std::string& iface, std::optional<Nanoseconds> since) {
  if (!since) {
    under_way_.erase(iface);
  } else if (UnderWay& one = under_way_[iface]; one.start != *since) {
    one = {.start = *since, .earlier = {}};
  }
}

void BurstExplainer::add(ExplainedBurst burst, std::vector<RateStep> history) {
  Exceeded earlier;
  const auto one = under_way_.find(burst.iface);
  if (one != under_way_.end() && one->second.start == burst.burst.start()) {
    earlier = one->second.earlier;
    under_way_.erase(one);
  }
  waiting_.push_back(
      {.burst = std::move(burst), .history = std::move(history), .earlier = earlier});
}

// When a gain is dropped, the bursts that it covers keep their part of it.
void BurstExplainer::remember(const AllowanceGain& gain) {
  gains_.push_back(gain);
  if (gains_.size() <= kGainsKept) return;
  const AllowanceGain oldest = gains_.front();
  gains_.pop_front();
  for (auto& [iface, one] : under_way_) {
    if (one.start < oldest.to) add_gain(one.earlier, oldest);
  }
  for (Waiting& one : waiting_) {
    const Burst& burst = one.burst.burst;
    if (overlaps(oldest, burst.start(), burst.end())) add_gain(one.earlier, oldest);
  }
}

BurstExplainer::Exceeded BurstExplainer::exceeded_in(Nanoseconds start, Nanoseconds end,
                                                     Exceeded earlier) const {
  for (const AllowanceGain& gain : gains_) {
    if (overlaps(gain, start, end)) add_gain(earlier, gain);
  }
  return earlier;
}

std::optional<std::uint64_t> BurstExplainer::exceeded_so_far(const std::string& iface) const {
  const auto one = under_way_.find(iface);
  if (one == under_way_.end()) return std::nullopt;
  return exceeded_in(one->second.start, Nanoseconds::max(), one->second.earlier);
}

std::vector<ExplainedBurst> BurstExplainer::explain(const AllowanceGain& gain,
                                                    const GrantedRates& grant) {
  remember(gain);
  const auto later = std::ranges::stable_partition(
      waiting_, [&](const Waiting& one) { return one.burst.burst.end() <= gain.to; });
  std::vector<Waiting> covered(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(later.begin()));
  waiting_.erase(waiting_.begin(), later.begin());
  std::vector<ExplainedBurst> explained;
  for (Waiting& one : covered) {
    const Burst& burst = one.burst.burst;
    one.burst.exceeded = exceeded_in(burst.start(), burst.end(), one.earlier);
    if (one.burst.exceeded) one.burst.shared_with = covered.size() - 1;
    one.burst.verdict = cause_of(
        one.burst.burst,
        {.exceeded = one.burst.exceeded, .grant = grant, .history = std::move(one.history)});
    explained.push_back(std::move(one.burst));
  }
  return explained;
}

}  // namespace cgtally
