// SPDX-License-Identifier: Apache-2.0
// The cause of a burst: each rule, and that the first rule that holds decides.
#include "core/bursts/cause.h"

#include <gtest/gtest.h>

#include "core/bursts/rate_history.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr BitRate kBaseline{64'000'000};
constexpr BitRate kPeak{5'000'000'000};

Burst burst_of(BitRate peak, Nanoseconds begin = 1000ms, Nanoseconds length = 3ms) {
  Burst burst;
  burst.window = 1ms;
  burst.first = static_cast<std::uint64_t>(begin / 1ms);
  burst.last = static_cast<std::uint64_t>((begin + length) / 1ms) - 1;
  burst.peak = {peak.bits_per_second / 8000};
  return burst;
}

std::vector<RateStep> history_of(const std::vector<std::uint64_t>& megabits) {
  std::vector<RateStep> history;
  for (const auto rate : megabits) {
    history.push_back({.end = {}, .length = 1s, .rate = {rate * 1'000'000}});
  }
  return history;
}

BurstCause cause(const Burst& burst, const CauseInputs& inputs) {
  return cause_of(burst, inputs).cause;
}

TEST(BurstCause, WithoutCountersIsUnknownButForTheCeiling) {
  EXPECT_EQ(cause(burst_of({100'000'000}), {}), BurstCause::unknown);
  EXPECT_EQ(
      cause(burst_of({4'800'000'000}), {.exceeded = {}, .grant = {.peak = kPeak}, .history = {}}),
      BurstCause::ceiling);
  EXPECT_EQ(
      cause(burst_of({4'700'000'000}), {.exceeded = {}, .grant = {.peak = kPeak}, .history = {}}),
      BurstCause::unknown);
}

TEST(BurstCause, ACounterThatMovedMakesAMicroburstAndOneThatRestsABurst) {
  const GrantedRates grant{.baseline = kBaseline, .peak = kPeak};
  const auto moved =
      cause_of(burst_of({3'900'000'000}), {.exceeded = 37, .grant = grant, .history = {}});
  EXPECT_EQ(moved.cause, BurstCause::microburst);
  EXPECT_EQ(moved.reason, "37 packets over the allowance in its reading");
  EXPECT_EQ(cause(burst_of({3'900'000'000}), {.exceeded = 0, .grant = grant, .history = {}}),
            BurstCause::burst);
  EXPECT_EQ(cause(burst_of({4'960'000'000}), {.exceeded = 41, .grant = grant, .history = {}}),
            BurstCause::ceiling);
}

TEST(BurstCause, ExhaustedIsFlatAtTheBaselineAfterBeingAboveWithTheCounterRising) {
  const GrantedRates grant{.baseline = kBaseline, .peak = kPeak};
  const auto flat = history_of({281, 280, 64, 65, 63, 64, 64});
  const Burst burst = burst_of({64'000'000});
  EXPECT_EQ(cause(burst, {.exceeded = 9, .grant = grant, .history = flat}), BurstCause::exhausted);
  EXPECT_EQ(cause(burst, {.exceeded = 0, .grant = grant, .history = flat}), BurstCause::burst);
  EXPECT_EQ(cause(burst, {.exceeded = 9, .grant = {.peak = kPeak}, .history = flat}),
            BurstCause::microburst);
  const GrantedRates none{.baseline = kBaseline, .peak = kPeak, .no_credits = true};
  EXPECT_EQ(cause(burst, {.exceeded = 9, .grant = none, .history = flat}), BurstCause::microburst);
}

TEST(BurstCause, FlatnessNeedsFiveSecondsThreePercentAndSomethingAbove) {
  EXPECT_TRUE(flat_at_baseline(history_of({100, 64, 64, 64, 64, 64}), kBaseline));
  EXPECT_FALSE(flat_at_baseline(history_of({100, 64, 64, 64, 64}), kBaseline));
  EXPECT_FALSE(flat_at_baseline(history_of({64, 64, 64, 64, 64, 64}), kBaseline));
  EXPECT_FALSE(flat_at_baseline(history_of({20, 64, 64, 64, 64, 64}), kBaseline));
  EXPECT_FALSE(flat_at_baseline(history_of({100, 64, 64, 67, 64, 64}), kBaseline));
  EXPECT_FALSE(flat_at_baseline({}, kBaseline));
}

TEST(BurstExplainer, ABurstWaitsForTheReadingThatCoversIt) {
  BurstExplainer explainer;
  const auto put = [&](Nanoseconds begin, Nanoseconds length) {
    ExplainedBurst burst;
    burst.burst = burst_of({1'000'000'000}, begin, length);
    explainer.add(burst, {});
  };
  put(100ms, 5ms);
  put(200ms, 5ms);
  put(1100ms, 5ms);
  const auto first = explainer.explain({.from = 0s, .to = 1s, .exceeded = 7}, {});
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].exceeded, 7U);
  EXPECT_EQ(first[0].shared_with, 1U);
  EXPECT_EQ(first[0].verdict.cause, BurstCause::microburst);
  const auto second = explainer.explain({.from = 1s, .to = 2s, .exceeded = 0}, {});
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].shared_with, 0U);
  EXPECT_EQ(second[0].verdict.cause, BurstCause::burst);
  EXPECT_TRUE(explainer.empty());
}

TEST(BurstExplainer, ALongBurstHasWhatAllItsReadingsGained) {
  BurstExplainer explainer;
  EXPECT_TRUE(explainer.explain({.from = 0s, .to = 1s, .exceeded = 100}, {}).empty());
  EXPECT_TRUE(explainer.explain({.from = 1s, .to = 2s, .exceeded = 3}, {}).empty());
  ExplainedBurst burst;
  burst.burst = burst_of({1'000'000'000}, 1500ms, 1000ms);
  explainer.add(burst, {});
  const auto explained = explainer.explain({.from = 2s, .to = 3s, .exceeded = 4}, {});
  ASSERT_EQ(explained.size(), 1U);
  EXPECT_EQ(explained[0].exceeded, 7U);
}

TEST(BurstExplainer, AnHourOfABurstLosesNoReadingAndKeepsFew) {
  BurstExplainer explainer;
  EXPECT_FALSE(explainer.exceeded_so_far("eth0"));
  EXPECT_TRUE(explainer.explain({.from = 9s, .to = 10s, .exceeded = 1'000'000}, {}).empty());
  for (Nanoseconds end = 11s; end <= 1h; end += 1s) {
    explainer.set_under_way("eth0", 10'500ms);
    EXPECT_TRUE(explainer.explain({.from = end - 1s, .to = end, .exceeded = 2}, {}).empty());
  }
  EXPECT_EQ(explainer.exceeded_so_far("eth0"), 2U * 3590);
  EXPECT_FALSE(explainer.exceeded_so_far("eth1"));
  ExplainedBurst burst;
  burst.iface = "eth0";
  burst.burst = burst_of({1'000'000'000}, 10'500ms, 3'590s);
  ExplainedBurst other = burst;  // began later: it has what is still known
  other.burst = burst_of({1'000'000'000}, 3'590s, 10s);
  explainer.add(burst, {});
  explainer.add(other, {});
  explainer.set_under_way("eth0", std::nullopt);
  EXPECT_FALSE(explainer.exceeded_so_far("eth0"));
  const auto explained = explainer.explain({.from = 1h, .to = 1h + 1s, .exceeded = 5}, {});
  ASSERT_EQ(explained.size(), 2U);
  EXPECT_EQ(explained[0].exceeded, 2U * 3590 + 5);
  EXPECT_EQ(explained[1].exceeded, 2U * 10);
}

TEST(BurstExplainer, WithoutACounterNothingIsSharedOrExceeded) {
  BurstExplainer explainer;
  explainer.add({.iface = "eth0",
                 .burst = burst_of({1'000'000'000}),
                 .exceeded = {},
                 .shared_with = {},
                 .verdict = {}},
                {});
  const auto explained = explainer.explain({.from = 0s, .to = 2s, .exceeded = {}}, {});
  ASSERT_EQ(explained.size(), 1U);
  EXPECT_FALSE(explained[0].exceeded);
  EXPECT_FALSE(explained[0].shared_with);
}

TEST(RateHistory, HasEveryHalfSecondThatWasOverAndForgetsTheOldest) {
  RateHistory history;
  history.add(10'100ms, {1'000'000});
  history.add(10'400ms, {1'000'000});
  history.add(11'600ms, {500'000});
  const auto steps = history.until(11'999ms);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].rate.bits_per_second, 32'000'000U);
  EXPECT_EQ(steps[1].rate.bits_per_second, 0U);
  EXPECT_EQ(steps[2].end, 11'500ms);
  EXPECT_EQ(history.until(12s).back().rate.bits_per_second, 8'000'000U);
  history.add(1h, {1});
  EXPECT_EQ(history.until(1h + 1s).size(), 1U + 1U);
}

}  // namespace
}  // namespace cgtally
