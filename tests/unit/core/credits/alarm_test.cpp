// SPDX-License-Identifier: Apache-2.0
// Warnings before the credits end: when they are due, and how often.
#include "core/credits/alarm.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

DirectionCredit draining(double lo_s, std::optional<double> hi_s, double balance_lo = 1e9) {
  DirectionCredit credit;
  credit.direction = Direction::tx;
  credit.state = CreditState::draining;
  credit.terms.baseline = {64'000'000};
  credit.balance = {.lo = balance_lo, .hi = 2e9};
  credit.empty = TimeToEmpty{.lo_s = lo_s, .hi_s = hi_s};
  return credit;
}

TEST(CreditAlarm, WarnsOnceOfWhatIsCertain) {
  CreditAlarm alarm(10min);
  EXPECT_EQ(alarm.update(draining(300, 590), second(1)),
            "WARN tx will be empty within 10m00s (at this rate in 5m00s to 9m50s)");
  EXPECT_EQ(alarm.update(draining(299, 589), second(2)), std::nullopt);
}

TEST(CreditAlarm, NotesOnceWhatIsPossibleAndThenWarnsOfWhatIsCertain) {
  CreditAlarm alarm(10min);
  EXPECT_EQ(
      alarm.update(draining(148, 1620), second(1)),
      "NOTE tx may be empty within 10m00s (earliest 2m28s; at this rate no later than 27m00s)");
  EXPECT_EQ(alarm.update(draining(140, std::nullopt), second(2)), std::nullopt);
  EXPECT_TRUE(alarm.update(draining(100, 500), second(3)));
}

TEST(CreditAlarm, SaysNothingOfABalanceThatNobodyKnows) {
  CreditAlarm alarm(10min);
  EXPECT_EQ(alarm.update(draining(0, 1620, 0), second(1)), std::nullopt);
  DirectionCredit unknown = draining(0, 500, 0);
  unknown.state = CreditState::unknown;
  EXPECT_EQ(alarm.update(unknown, second(2)), std::nullopt);
}

TEST(CreditAlarm, IsQuietWhereTheEndIsFar) {
  CreditAlarm alarm(10min);
  EXPECT_EQ(alarm.update(draining(601, 900), second(1)), std::nullopt);
}

TEST(CreditAlarm, SpeaksAgainOnlyAfterAMinuteOfCalm) {
  CreditAlarm alarm(10min);
  ASSERT_TRUE(alarm.update(draining(300, 590), second(1)));
  EXPECT_FALSE(alarm.update(draining(3000, 5900), second(2)));
  EXPECT_FALSE(alarm.update(draining(300, 590), second(30)));
  EXPECT_FALSE(alarm.update(draining(3000, 5900), second(31)));
  EXPECT_FALSE(alarm.update(draining(3000, 5900), second(91)));
  EXPECT_TRUE(alarm.update(draining(300, 590), second(92)));
}

TEST(CreditAlarm, SaysThatTheCreditsAreGone) {
  CreditAlarm alarm(10min);
  DirectionCredit credit = draining(0, 0, 0);
  credit.state = CreditState::exhausted;
  EXPECT_EQ(alarm.update(credit, second(1)),
            "WARN tx credits are exhausted: no more than 64.0 Mbit/s goes through");
}

TEST(CreditAlarm, SurvivesATimeThatHasNoEnd) {
  EXPECT_EQ(danger_of(draining(1e300, 1e300), 10min), CreditDanger::none);
}

}  // namespace
}  // namespace cgtally
