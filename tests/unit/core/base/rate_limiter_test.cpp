// SPDX-License-Identifier: Apache-2.0
// When an expensive operation may run again, and when something that goes on is reported again.
#include "core/base/rate_limiter.h"

#include <gtest/gtest.h>

#include <vector>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, IsDueOnceASecondIfAskedTenTimes) {
  RateLimiter pace(1s);
  int done = 0;
  for (int tick = 0; tick < 100; ++tick) {
    done += pace.due(5s + tick * 100ms) ? 1 : 0;
  }
  EXPECT_EQ(done, 10);
}

TEST(RateLimiter, DoesNotSkipACallerOfTheSamePeriodForJitter) {
  RateLimiter pace(1s);
  for (int tick = 0; tick < 100; ++tick) {
    EXPECT_TRUE(pace.due(tick * 1s + (tick % 3) * 2ms)) << tick;
  }
}

TEST(RateLimiter, DoesNotCatchUpAfterAPause) {
  RateLimiter pace(1s);
  EXPECT_TRUE(pace.due(0s));
  EXPECT_TRUE(pace.due(60s));
  EXPECT_FALSE(pace.due(60500ms));
  EXPECT_TRUE(pace.due(61s));
}

TEST(RateLimiter, RestsAtLeastUntilTheGivenTime) {
  RateLimiter pace(1s);
  EXPECT_TRUE(pace.due(0s));
  pace.rest_until(5s);
  EXPECT_FALSE(pace.due(4s));
  EXPECT_TRUE(pace.due(5s));
}

TEST(BackoffSchedule, IsDueAfterASecondThenWithDoubledPausesUpToAMinute) {
  BackoffSchedule schedule;
  std::vector<std::int64_t> reported;
  for (Nanoseconds length = 50ms; length <= 300s; length += 50ms) {
    if (schedule.due(1h, length)) reported.push_back(length / 1s);
  }
  EXPECT_EQ(reported, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 124, 184, 244}));
  EXPECT_FALSE(schedule.due(2h, 900ms));  // another burst
  EXPECT_TRUE(schedule.due(2h, 30s));     // asked late
  EXPECT_FALSE(schedule.due(2h, 59s));
}

}  // namespace
}  // namespace cgtally
