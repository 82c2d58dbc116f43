// SPDX-License-Identifier: Apache-2.0
// A bucket with known terms is calculated exactly; one without says so, and from when on its
// balance will be known.
#include <gtest/gtest.h>

#include <limits>

#include "unit/core/credits/bucket_traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TEST(Bucket, WithoutABurstAboveTheBaselineThereAreNoCredits) {
  CreditTerms flat = told(kCapacity);
  flat.burst = flat.baseline;
  Clock clock;
  Bucket bucket{flat, BucketStart::unknown, clock.now()};
  clock.run(bucket, 2 * kBaseline, 10);
  EXPECT_EQ(bucket.state(), CreditState::none);
  EXPECT_FALSE(bucket.time_to_empty());
  EXPECT_FALSE(bucket.known_after_rest());
  EXPECT_TRUE(bucket.evidence().empty());
  EXPECT_EQ(bucket.rate().bits_per_second, 128'000'000U);
}

class BucketTicks : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Tick, BucketTicks, testing::Values(0.1, 1.0));

TEST_P(BucketTicks, ADrainIsSaidWithinTwoSecondsAndItsEndIsCalculated) {
  Clock clock{GetParam()};
  Bucket bucket{told(kCapacity), BucketStart::full, clock.now()};
  clock.run(bucket, 0.2 * kBaseline, 60);
  EXPECT_EQ(bucket.state(), CreditState::full);
  EXPECT_FALSE(bucket.time_to_empty());
  constexpr double kRate = 35.125e6;
  clock.run(bucket, kRate, 2);
  EXPECT_EQ(bucket.state(), CreditState::draining);
  clock.run(bucket, kRate, 8);
  const auto time = bucket.time_to_empty();
  ASSERT_TRUE(time && time->hi_s);
  const double left = kCapacity - 10 * (kRate - kBaseline);
  // The last tick before may have earned first, while it was full, and lost it.
  const double lost = kBaseline * GetParam();
  EXPECT_NEAR(time->lo_s, (left - lost) / (kRate - kBaseline) - GetParam(), 0.1);
  EXPECT_NEAR(*time->hi_s, left / (kRate - kBaseline) + GetParam(), 0.1);
  EXPECT_LE(bucket.balance().lo, left + 1);
  EXPECT_GE(bucket.balance().hi, left - 1);
  EXPECT_LE(bucket.balance().width(), lost + 1);
  EXPECT_EQ(bucket.rate().bits_per_second, 281'000'000U);
}

TEST(Bucket, TheTimeToEmptyIsAsWideAsTheRateIsUnsteady) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::full, clock.now()};
  clock.run(bucket, 20e6, 1);
  ASSERT_TRUE(bucket.time_to_empty());
  EXPECT_FALSE(bucket.time_to_empty()->hi_s) << "one second says nothing about the next";
  clock.run(bucket, [](double at) { return std::fmod(at, 5) < 2 ? 11e6 : 26e6; }, 20);
  const auto time = bucket.time_to_empty();
  ASSERT_TRUE(time && time->hi_s);
  const double truth = (kCapacity - 21 * 12e6) / 12e6;
  EXPECT_LT(time->lo_s, 0.95 * truth);
  EXPECT_GT(*time->hi_s, 1.05 * truth);
}

TEST(Bucket, AnUnknownBalanceSaysFromWhenOnItWillBeKnown) {
  Clock clock;
  Bucket bucket{terms(kCapacity, 2 * kCapacity, Basis::prior), BucketStart::unknown, clock.now()};
  EXPECT_EQ(bucket.state(), CreditState::unknown);
  EXPECT_EQ(bucket.known_after_rest(), 250s);
  clock.run(bucket, 0, 50);
  EXPECT_EQ(bucket.known_after_rest(), 200s);
  EXPECT_EQ(bucket.state(), CreditState::earning);
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = 50 * kBaseline, .hi = 2 * kCapacity}));
  clock.run(bucket, 0, 200);
  EXPECT_EQ(bucket.state(), CreditState::full);
  EXPECT_TRUE(said(bucket, "rested until nothing can be missing: full")) << all_said(bucket);
  EXPECT_EQ(bucket.balance(), bucket.capacity()) << "full, of a capacity that is not known better";
  EXPECT_EQ(bucket.capacity(), (ByteRange{.lo = kCapacity, .hi = 2 * kCapacity}));
}

TEST(Bucket, NoRestIsLongEnoughWhereNothingBoundsTheCapacity) {
  Clock clock;
  Bucket bucket{terms(kCapacity, ByteRange::kUnbounded, Basis::prior), BucketStart::unknown,
                clock.now()};
  clock.run(bucket, 0, 3600);
  EXPECT_FALSE(bucket.known_after_rest());
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = kCapacity, .hi = ByteRange::kUnbounded}));
  EXPECT_NE(bucket.state(), CreditState::full);
}

TEST(Bucket, AnEmptyOneEarnsTheBaselineLessWhatIsSpent) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::empty, clock.now()};
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  clock.run(bucket, 0.75 * kBaseline, 100);
  EXPECT_EQ(bucket.state(), CreditState::earning);
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = 25 * kBaseline, .hi = 25 * kBaseline}));
}

TEST(Bucket, AToleranceOfTheBaselineWidensWhatIsEarned) {
  CreditTerms loose = told(kCapacity);
  loose.baseline_tolerance = 0.02;
  Clock clock;
  Bucket bucket{loose, BucketStart::empty, clock.now()};
  clock.run(bucket, 0, 50);
  EXPECT_NEAR(bucket.balance().lo, 49 * kBaseline, 1);
  EXPECT_NEAR(bucket.balance().hi, 51 * kBaseline, 1);
}

TEST(Bucket, APauseIsChargedWhatWentOutOrWhateverCouldHave) {
  Clock clock;
  Bucket known{told(kCapacity), BucketStart::full, clock.now()};
  clock.run(known, 48e6, 10);  // 600 MB are left
  Bucket guessed = known;
  Bucket doubted = known;
  clock.skip(2);
  known.pause(clock.now(), 2s, Bytes{100'000'000});
  EXPECT_NEAR(known.balance().lo, 516e6, kBaseline);
  EXPECT_NEAR(known.balance().hi, 516e6, kBaseline);
  doubted.pause(clock.now(), 2s, Bytes{100'000'000}, Bytes{20'000'000});
  EXPECT_NEAR(doubted.balance().lo, 496e6, kBaseline);
  EXPECT_NEAR(doubted.balance().hi, 516e6, kBaseline);
  guessed.pause(clock.now(), 2s, std::nullopt);
  EXPECT_EQ(guessed.balance().lo, 0) << "a second at the burst is more than was left";
  EXPECT_NEAR(guessed.balance().hi, 616e6, kBaseline);
  EXPECT_TRUE(said(guessed, "unwatched for 2.00 s")) << all_said(guessed);
}

TEST(Bucket, AChargeInALongPauseMayHaveComeBeforeOrAfterItWasFull) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::full, clock.now()};
  bucket.pause(clock.now(), 1h, Bytes{300'000'000});
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = kCapacity - 300e6, .hi = kCapacity}));
}

TEST(Bucket, ARebootLeavesNothingKnownButTheCapacity) {
  Clock clock;
  Bucket bucket{told(kCapacity), BucketStart::full, clock.now()};
  bucket.lose_track(clock.now(), "reboot or stop/start, cannot tell");
  EXPECT_EQ(bucket.state(), CreditState::unknown);
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = 0, .hi = kCapacity}));
  EXPECT_TRUE(said(bucket, "reboot or stop/start, cannot tell: the balance is unknown"));
}

TEST(Bucket, WhatIsRememberedIsWhatWasKnown) {
  Clock clock;
  Bucket bucket{terms(kCapacity, 2 * kCapacity, Basis::prior), BucketStart::full, clock.now()};
  clock.run(bucket, 48e6, 10);
  const Bucket again{bucket.terms(), bucket.saved_state(), clock.now()};
  EXPECT_EQ(again.balance(), bucket.balance());
  EXPECT_EQ(again.deficit(), bucket.deficit());
  EXPECT_EQ(again.capacity(), bucket.capacity());
  EXPECT_EQ(again.capacity_basis(), bucket.capacity_basis());
}

TEST(Bucket, ToldBeatsLearnedBeatsPrior) {
  const SavedBucket memory{.balance = {.lo = 1e8, .hi = 2e8},
                           .deficit = {.lo = 0, .hi = 1.9e9},
                           .capacity = {.lo = 1.9e9, .hi = 2.1e9},
                           .capacity_basis = Basis::learned};
  const Moment now{};
  const Bucket prior{terms(1e9, 4e9, Basis::prior), memory, now};
  EXPECT_EQ(prior.capacity_basis(), Basis::learned);
  EXPECT_EQ(prior.capacity().hi, 2.1e9);
  const Bucket other{terms(1e9, 1.1e9, Basis::learned), memory, now};
  EXPECT_EQ(other.capacity().hi, 2.1e9) << "this machine's own measurement is the saved one";
  const Bucket now_told{told(2e9), memory, now};
  EXPECT_EQ(now_told.capacity_basis(), Basis::told);
  EXPECT_EQ(now_told.capacity(), (ByteRange{.lo = 2e9, .hi = 2e9}));
  EXPECT_EQ(now_told.balance().hi, 2e8);
}

TEST(Bucket, ASavedBalanceThatCannotBeIsDroppedAndThatIsSaid) {
  const SavedBucket memory{.balance = {.lo = 3e9, .hi = 3e9},
                           .deficit = {.lo = 0, .hi = 0},
                           .capacity = {.lo = 3e9, .hi = 3e9},
                           .capacity_basis = Basis::learned};
  const Bucket bucket{told(1e9), memory, Moment{}};
  EXPECT_EQ(bucket.state(), CreditState::unknown);
  EXPECT_EQ(bucket.balance(), (ByteRange{.lo = 0, .hi = 1e9}));
  EXPECT_TRUE(said(bucket, "contradicts")) << all_said(bucket);
}

TEST(Bucket, FourHundredGigabitsForThirtyDaysFitIn) {
  CreditTerms big{.baseline = {200'000'000'000},
                  .burst = {400'000'000'000},
                  .capacity = {.lo = 1e14, .hi = 9e15},
                  .capacity_basis = Basis::prior};
  Clock clock{600};
  Bucket bucket{big, BucketStart::unknown, clock.now()};
  clock.run(bucket, 50e9, 15 * 86'400.0);
  EXPECT_EQ(bucket.rate().bits_per_second, 400'000'000'000U);
  clock.run(bucket, 0, 15 * 86'400.0);
  EXPECT_EQ(bucket.state(), CreditState::full);
  bucket.pause(clock.now(), 24h * 365 * 100, std::nullopt);
  EXPECT_LE(bucket.balance().lo, bucket.balance().hi);
  EXPECT_LE(bucket.capacity().lo, bucket.capacity().hi);
  bucket.advance({.now = clock.now(),
                  .elapsed = 1ns,
                  .charged = {std::numeric_limits<std::uint64_t>::max()},
                  .packets = {1},
                  .exceeded = std::numeric_limits<std::uint64_t>::max()});
  EXPECT_TRUE(std::isfinite(bucket.balance().lo));
  EXPECT_GT(bucket.rate().bits_per_second, 0U);
}

TEST(Bucket, ATickOfNoTimeChangesNothing) {
  Bucket bucket{told(kCapacity), BucketStart::full, Moment{}};
  bucket.advance({.now = {}, .elapsed = 0ns, .charged = {5}, .packets = {1}, .exceeded = {}});
  EXPECT_EQ(bucket.balance().lo, kCapacity);
}

}  // namespace
}  // namespace cgtally
