// SPDX-License-Identifier: Apache-2.0
// The share of the balance in the capacity, which is often known better than either.
#include "core/credits/bounds.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cgtally {
namespace {

constexpr ByteRange kPrior{13e9, 53e9};
constexpr ByteRange kOpen{13e9, ByteRange::kUnbounded};
constexpr ByteRange kNothing{0, 0};

BucketBounds drained(const ByteRange& capacity, double spent) {
  BucketBounds bounds = BucketBounds::full(capacity);
  (void)bounds.earn_and_spend(kNothing, spent);
  return bounds;
}

TEST(BucketShare, OfAFullBucketIsOneWhateverItHolds) {
  EXPECT_EQ(BucketBounds::full(kPrior).share(), (ShareRange{1, 1}));
  EXPECT_EQ(BucketBounds::full(kOpen).share(), (ShareRange{1, 1}));
}

TEST(BucketShare, OfAnEmptyOneIsNothing) {
  EXPECT_EQ(BucketBounds::empty(kPrior).share(), (ShareRange{0, 0}));
  EXPECT_EQ(BucketBounds::empty(kOpen).share(), (ShareRange{0, 0}));
}

TEST(BucketShare, OfAnUnknownOneIsAnything) {
  EXPECT_EQ(BucketBounds::unknown(kPrior).share(), (ShareRange{0, 1}));
  EXPECT_EQ(BucketBounds::unknown(kOpen).share(), (ShareRange{0, 1}));
}

TEST(BucketShare, AfterADrainFromFullIsThatOfTheSmallestAndOfTheLargestCapacity) {
  const ShareRange share = drained(kPrior, 9e9).share();
  EXPECT_DOUBLE_EQ(share.lo, 1 - 9.0 / 13);
  EXPECT_DOUBLE_EQ(share.hi, 1 - 9.0 / 53);
  const ShareRange open = drained(kOpen, 9e9).share();
  EXPECT_DOUBLE_EQ(open.lo, 1 - 9.0 / 13);
  EXPECT_DOUBLE_EQ(open.hi, 1);
  const ShareRange known = drained({10e9, 10e9}, 9e9).share();
  EXPECT_DOUBLE_EQ(known.lo, 0.1);
  EXPECT_DOUBLE_EQ(known.hi, 0.1);
}

TEST(BucketShare, OfMoreThanTheSmallestCapacityMayBeNothing) {
  const ShareRange share = drained(kPrior, 20e9).share();
  EXPECT_DOUBLE_EQ(share.lo, 0);
  EXPECT_DOUBLE_EQ(share.hi, 1 - 20.0 / 53);
}

// Every bucket that fits the bounds has a share within them, and some reach them.
TEST(BucketShare, HasTheBoundsOfAllBucketsThatFit) {
  BucketBounds bounds = BucketBounds::unknown({10, 20});
  (void)bounds.earn_and_spend({8, 9}, 2);
  (void)bounds.earn_and_spend({0, 1}, 3);
  const ShareRange share = bounds.share();
  double lo = 1, hi = 0;
  constexpr int kSteps = 200;
  const auto at = [](const ByteRange& range, int step) {
    return range.lo + range.width() * step / kSteps;
  };
  for (int balance = 0; balance <= kSteps; ++balance) {
    for (int deficit = 0; deficit <= kSteps; ++deficit) {
      const double there = at(bounds.balance(), balance);
      const double capacity = there + at(bounds.deficit(), deficit);
      if (capacity < bounds.capacity().lo || capacity > bounds.capacity().hi) continue;
      lo = std::min(lo, there / capacity);
      hi = std::max(hi, there / capacity);
    }
  }
  EXPECT_LE(share.lo, lo);
  EXPECT_GE(share.hi, hi);
  EXPECT_NEAR(share.lo, lo, 0.01);
  EXPECT_NEAR(share.hi, hi, 0.01);
}

}  // namespace
}  // namespace cgtally
