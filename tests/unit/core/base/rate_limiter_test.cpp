// SPDX-License-Identifier: Apache-2.0
// When an expensive operation may run again, and when something that goes on is reported again.
#include "core/base/rate_limiter.h"

#include <gtest/gtest.h>

#include <vector>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, IsDueOncePerPeriodThoughTheCallerIsALittleEarly) {
  RateLimiter limiter(10s);
  EXPECT_TRUE(limiter.due(0s));
  EXPECT_FALSE(limiter.due(5s));
  EXPECT_TRUE(limiter.due(9800ms));
  EXPECT_FALSE(limiter.due(19s));
  EXPECT_TRUE(limiter.due(20s));  // counted from what was due, not from when it ran
}

TEST(RateLimiter, RestsAtLeastUntilTheGivenTime) {
  RateLimiter limiter(1s);
  EXPECT_TRUE(limiter.due(0s));
  limiter.rest_until(30s);
  EXPECT_FALSE(limiter.due(29s));
  EXPECT_TRUE(limiter.due(30s));
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
