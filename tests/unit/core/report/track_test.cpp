// SPDX-License-Identifier: Apache-2.0
// A value over time in a bounded number of slots: sums stay, extremes stay, gaps stay.
#include "core/report/track.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cgtally::report {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Nanoseconds kStart = seconds{1'795'262'400};

double sum_of(const Track& track) {
  double sum = 0;
  for (const Slot& slot : track.slots()) sum += slot.sum;
  return sum;
}

TEST(Track, HasADayOfSecondsInBoundedSlotsWithItsSumAndItsExtremes) {
  Track track;
  for (int i = 0; i < 86'400; ++i) {
    track.add(kStart + seconds{i}, kStart + seconds{i + 1}, i == 40'000 ? 900 : 100);
  }
  EXPECT_LE(track.slots().size(), Track::kMostSlots);
  EXPECT_GT(track.slots().size(), Track::kMostSlots / 3);
  EXPECT_NEAR(sum_of(track), 100.0 * 86'399 + 900, 1);
  EXPECT_EQ(std::ranges::max(track.slots(), {}, &Slot::most).most, 900);
  EXPECT_EQ(std::ranges::min(track.slots(), {}, &Slot::least).least, 100);
  track.widen(Nanoseconds{}, 380);
  EXPECT_LE(track.slots().size(), 380U);
  EXPECT_EQ(std::ranges::max(track.slots(), {}, &Slot::most).most, 900);
  EXPECT_NEAR(sum_of(track), 100.0 * 86'399 + 900, 1);
}

TEST(Track, SpreadsALongIntervalOverItsSlots) {
  Track track;
  track.add(kStart, kStart + seconds{1}, 8);
  EXPECT_EQ(track.slots().size(), 64U);
  for (const Slot& slot : track.slots()) EXPECT_NEAR(slot.mean(), 8, 1e-6);
}

TEST(Track, LeavesAGapWhereNothingWasRecorded) {
  Track track;
  track.add(kStart, kStart + seconds{1}, 8);
  track.add(kStart + seconds{3}, kStart + seconds{4}, 4);
  EXPECT_TRUE(track.at(kStart).recorded());
  EXPECT_FALSE(track.at(kStart + seconds{2}).recorded());
  EXPECT_FALSE(track.at(kStart - seconds{1}).recorded());
  EXPECT_EQ(track.at(kStart + seconds{3}).most, 4);
  EXPECT_FALSE(track.at(kStart + hours{1}).recorded());
}

TEST(Track, TakesWhatComesOutOfOrderAndNothingWithoutALength) {
  Track track;
  track.add(kStart + hours{5}, kStart + hours{6}, 1);
  track.add(kStart, kStart + hours{1}, 2);
  track.add(kStart + hours{1}, kStart + hours{1}, 99);
  EXPECT_NEAR(sum_of(track), 3.0 * 3600, 1);
  EXPECT_EQ(track.at(kStart + hours{5}).most, 1);
  EXPECT_EQ(track.at(kStart).most, 2);
}

}  // namespace
}  // namespace cgtally::report
