// SPDX-License-Identifier: Apache-2.0
// Conclusions that a bucket is empty: a limiter's plateau at the baseline is evidence, a counter
// alone is not, and neither is a plateau at another rate. An exhaustion teaches the capacity; wrong
// conclusions and wrong terms are corrected.
#include <gtest/gtest.h>

#include <random>

#include "unit/core/credits/bucket_traffic.h"

namespace cgtally {
namespace {

constexpr double kSpendRate = 35.125e6;  // 281 Mbit/s
constexpr double kDrain_s = kCapacity / (kSpendRate - kBaseline);

struct Watching {
  double tick_s;
  bool counter;
};

class Exhaustion : public testing::TestWithParam<Watching> {
 protected:
  [[nodiscard]] CounterOf held_back() const {
    return {.there = GetParam().counter, .share = GetParam().counter ? 0.9 : 0};
  }
  [[nodiscard]] CounterOf quiet() const { return {.there = GetParam().counter, .share = 0}; }

  // A drain from a full bucket, a plateau after it.
  void exhaust(Bucket& bucket, const std::function<double(double)>& plateau, double seconds) {
    const double tick_s = GetParam().tick_s;
    const double drain_s = std::floor(kDrain_s / tick_s) * tick_s;
    clock_.run(bucket, kSpendRate, drain_s, quiet());
    const double left = kCapacity - drain_s * (kSpendRate - kBaseline);
    clock_.run(bucket, kBaseline + left / tick_s, tick_s, held_back());
    empty_at_s_ = clock_.now_s();
    clock_.run(bucket, plateau, seconds, held_back());
  }

  Clock clock_{GetParam().tick_s};
  double empty_at_s_ = 0;
};
std::string watching_name(const testing::TestParamInfo<Watching>& watching) {
  return std::string(watching.param.tick_s < 1 ? "TenASecond" : "OnceASecond") +
         (watching.param.counter ? "WithACounter" : "WithoutACounter");
}
INSTANTIATE_TEST_SUITE_P(Watched, Exhaustion,
                         testing::Values(Watching{0.1, false}, Watching{0.1, true},
                                         Watching{1, false}, Watching{1, true}),
                         watching_name);

TEST_P(Exhaustion, IsSaidWithinFiveSecondsAndTeachesTheCapacity) {
  Bucket bucket{terms(2e8, ByteRange::kUnbounded, Basis::prior), BucketStart::full, clock_.now()};
  exhaust(bucket, [](double) { return kBaseline; }, 10);
  EXPECT_GE(clock_.exhausted_at_s(), empty_at_s_ - 1) << "not before it was";
  EXPECT_LE(clock_.exhausted_at_s(), empty_at_s_ + 5);
  EXPECT_FALSE(bucket.time_to_empty());
  EXPECT_EQ(bucket.balance().lo, 0);
  EXPECT_LE(bucket.balance().hi, 1.1 * kBaseline);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned);
  EXPECT_NEAR(bucket.capacity().middle(), kCapacity, 0.01 * kCapacity);
  EXPECT_LE(bucket.capacity().width(), 0.07 * kCapacity);
  EXPECT_TRUE(said(bucket, "flat at 1.00 x baseline")) << all_said(bucket);
  EXPECT_TRUE(said(bucket, "1.0 GB above baseline since it was full: the capacity (MEASURED)"));
}

// 32 kB a response, whole ones only: 25 of them in 100 ms, now and then one more or less.
TEST_P(Exhaustion, IsSaidOfWholeResponsesAndOfJitterToo) {
  std::mt19937 dice{7};
  Bucket bucket{terms(2e8, ByteRange::kUnbounded, Basis::prior), BucketStart::full, clock_.now()};
  const double tick_s = GetParam().tick_s;
  double owed = 0;
  exhaust(
      bucket,
      [&](double) {
        owed += kBaseline * tick_s * (1 + 2e-4 * (static_cast<double>(dice() % 9) - 4.0));
        const double whole = std::floor(owed / 32'000 + static_cast<double>(dice() % 3) - 1);
        owed -= whole * 32'000;
        return whole * 32'000 / tick_s;
      },
      20);
  EXPECT_LE(clock_.exhausted_at_s(), empty_at_s_ + 5);
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned);
  EXPECT_NEAR(bucket.capacity().middle(), kCapacity, 0.02 * kCapacity);
}

TEST_P(Exhaustion, TheFirstOnePredictsTheSecond) {
  Bucket bucket{terms(2e8, ByteRange::kUnbounded, Basis::prior), BucketStart::full, clock_.now()};
  exhaust(bucket, [](double) { return kBaseline; }, 10);
  clock_.run(bucket, 0, 60, quiet());
  EXPECT_EQ(bucket.state(), CreditState::earning);
  clock_.run(bucket, kSpendRate, 10, quiet());
  const auto time = bucket.time_to_empty();
  ASSERT_TRUE(time && time->hi_s);
  const double truth = 60 * kBaseline / (kSpendRate - kBaseline) - 10;
  EXPECT_LE(time->lo_s, truth + 0.01);
  EXPECT_GE(*time->hi_s, truth - 0.01);
  EXPECT_NEAR((time->lo_s + *time->hi_s) / 2, truth, 0.05 * truth);
}

TEST_P(Exhaustion, IsCorrectedWhenItGoesOnSpending) {
  CreditTerms prior = terms(2e8, 4e9, Basis::prior);
  Bucket bucket{prior, BucketStart::full, clock_.now()};
  clock_.run(bucket, kSpendRate, 10, quiet());
  clock_.run(bucket, kBaseline, 12, held_back());  // by chance: 729 MB are left
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  clock_.run(bucket, kSpendRate, 5, quiet());
  EXPECT_EQ(bucket.state(), CreditState::draining);
  EXPECT_TRUE(said(bucket, "it had not been empty")) << all_said(bucket);
  EXPECT_EQ(bucket.capacity_basis(), Basis::prior);
  EXPECT_GE(bucket.capacity().hi, kCapacity);
  EXPECT_GE(bucket.balance().hi, kCapacity - 15 * (kSpendRate - kBaseline));
  EXPECT_NEAR(bucket.deficit().lo, 15 * (kSpendRate - kBaseline), 0.01 * kCapacity);
}

TEST_P(Exhaustion, ToldATooLargeCapacityItInsistsForAWhileAndThenLearns) {
  Bucket bucket{told(2 * kCapacity), BucketStart::full, clock_.now()};
  exhaust(bucket, [](double) { return kBaseline; }, 12);
  EXPECT_NE(bucket.state(), CreditState::exhausted);
  clock_.run(bucket, kBaseline, 12, held_back());
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned);
  EXPECT_NEAR(bucket.capacity().middle(), kCapacity, 0.01 * kCapacity);
  EXPECT_TRUE(said(bucket, "TOLD capacity 2.0 GB is contradicted")) << all_said(bucket);
}

TEST_P(Exhaustion, ToldATooSmallCapacityItIsRaisedAndThenLearned) {
  Bucket bucket{told(0.5 * kCapacity), BucketStart::full, clock_.now()};
  exhaust(bucket, [](double) { return kBaseline; }, 12);
  EXPECT_TRUE(said(bucket, "the capacity (told) was too small")) << all_said(bucket);
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned);
  EXPECT_NEAR(bucket.capacity().middle(), kCapacity, 0.03 * kCapacity);
}

TEST(NoExhaustion, ACounterThatTicksWithCreditsLeftProvesNothing) {
  Clock clock;
  Bucket bucket{terms(2e8, 4e9, Basis::prior), BucketStart::full, clock.now()};
  const CounterOf ticking{.there = true, .share = 0.35};
  clock.run(bucket, kSpendRate, 20, ticking);
  clock.run(bucket, 0.9 * kBaseline, 60, ticking);
  clock.run(bucket, kSpendRate, 20, ticking);
  clock.run(bucket, 1.2 * kBaseline, 60, ticking);
  EXPECT_LT(clock.exhausted_at_s(), 0);
}

TEST(NoExhaustion, APlateauElsewhereProvesNothing) {
  CreditTerms xlarge{.baseline = {1'250'000'000},
                     .burst = {10'000'000'000},
                     .capacity = {.lo = 1e11, .hi = 2e12},
                     .capacity_basis = Basis::prior};
  const CounterOf ticking{.there = true, .share = 0.9};
  for (const double gbit : {5.0, 10.0, 1.3, 1.2}) {
    for (const CounterOf counter : {ticking, CounterOf{}}) {
      Clock clock;
      Bucket bucket{xlarge, BucketStart::full, clock.now()};
      clock.run(bucket, 9.7e9 / 8, 30, counter);
      clock.run(bucket, gbit * 1e9 / 8, 30, counter);
      EXPECT_LT(clock.exhausted_at_s(), 0) << gbit;
    }
  }
}

TEST(NoExhaustion, ASenderThatWasNeverAboveTheBaselineIsNotLimitedByIt) {
  Clock clock;
  Bucket bucket{terms(2e8, 4e9, Basis::prior), BucketStart::unknown, clock.now()};
  clock.run(bucket, 0.4 * kBaseline, 30);
  clock.run(bucket, kBaseline, 60);
  EXPECT_LT(clock.exhausted_at_s(), 0);
}

TEST(NoExhaustion, WithACounterThatStaysQuietThePlateauIsTheSendersOwn) {
  Clock clock;
  Bucket bucket{terms(2e8, 4e9, Basis::prior), BucketStart::full, clock.now()};
  const CounterOf quiet{.there = true, .share = 0};
  clock.run(bucket, kSpendRate, 20, quiet);
  clock.run(bucket, kBaseline, 1, {.there = true, .share = 0.0002});  // a single one
  clock.run(bucket, kBaseline, 60, quiet);
  EXPECT_LT(clock.exhausted_at_s(), 0);
}

// A flow may do 5 Gbit/s outside a placement group, whatever the credits.
TEST(NoExhaustion, ABaselineOfAFlowsCapNeedsTheCounter) {
  CreditTerms quadruple{.baseline = {5'000'000'000},
                        .burst = {10'000'000'000},
                        .capacity = {.lo = 1e11, .hi = 2e12},
                        .capacity_basis = Basis::prior,
                        .baseline_tolerance = 0.02};
  Clock clock;
  Bucket flat{quadruple, BucketStart::full, clock.now()};
  clock.run(flat, 9.7e9 / 8, 30);
  clock.run(flat, 5.017e9 / 8, 60);
  EXPECT_LT(clock.exhausted_at_s(), 0);
  Bucket counted{quadruple, BucketStart::full, clock.now()};
  clock.run(counted, 9.7e9 / 8, 300);
  clock.run(counted, 5.017e9 / 8, 6, {.there = true, .share = 0.9});
  EXPECT_EQ(counted.state(), CreditState::exhausted);
}

TEST(NoExhaustion, ASenderThatWandersAboutTheBaselineIsNotHeldThere) {
  std::mt19937 dice{3};
  Clock clock{0.1};
  Bucket bucket{terms(2e8, 4e9, Basis::prior), BucketStart::full, clock.now()};
  const auto rate = [&](double) {
    return kBaseline * (0.7 + 0.001 * static_cast<double>(dice() % 601));
  };
  for (int i = 0; i < 10; ++i) {
    clock.run(bucket, kSpendRate, 3);
    clock.run(bucket, rate, 60);
  }
  EXPECT_FALSE(said(bucket, "empty (MEASURED)")) << all_said(bucket);
}

TEST(BucketBelief, ToldEmptyAndYetSpendingIsSaidAndForgotten) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::empty, clock.now()};
  clock.run(bucket, kSpendRate, 5);
  EXPECT_EQ(bucket.state(), CreditState::draining);
  EXPECT_TRUE(said(bucket, "it was not empty, as was TOLD")) << all_said(bucket);
  EXPECT_EQ(bucket.capacity(), (ByteRange{.lo = kCapacity, .hi = kCapacity}));
}

TEST(BucketBelief, SpendingFromAnUnknownBalanceShowsThatThereWasSome) {
  Clock clock;
  Bucket bucket{terms(2e8, 4e9, Basis::prior), BucketStart::unknown, clock.now()};
  clock.run(bucket, kSpendRate, 20);
  EXPECT_TRUE(said(bucket, "4.4 x baseline for 2 s: it was not empty")) << all_said(bucket);
  EXPECT_GE(bucket.capacity().lo, 20 * (kSpendRate - kBaseline))
      << "it held at least what was spent";
}

// Nobody said that it was full, and no rest is long enough: but it took in less than it earned.
TEST(BucketBelief, TwoExhaustionsMeasureACapacityThatNothingBounds) {
  Clock clock;
  Bucket bucket{terms(1e8, ByteRange::kUnbounded, Basis::prior), BucketStart::unknown, clock.now()};
  clock.run(bucket, kSpendRate, 10);
  clock.run(bucket, kBaseline, 10);
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  EXPECT_EQ(bucket.capacity_basis(), Basis::prior);
  clock.run(bucket, 0, 300);  // 2.4 GB are earned, 1 GB fits in
  clock.run(bucket, kSpendRate, kDrain_s);
  clock.run(bucket, kBaseline, 10);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned) << all_said(bucket);
  EXPECT_NEAR(bucket.capacity().middle(), kCapacity, 0.02 * kCapacity);
}

TEST(BucketBelief, TheListOfReasonsIsBounded) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::full, clock.now()};
  for (int i = 0; i < 100; ++i) bucket.lose_track(clock.now(), std::to_string(i));
  EXPECT_EQ(bucket.evidence().size(), Bucket::kMostEvidence);
  EXPECT_EQ(bucket.evidence().back().sentence, "99: the balance is unknown");
}

}  // namespace
}  // namespace cgtally
