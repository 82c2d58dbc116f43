// SPDX-License-Identifier: Apache-2.0
// When owners are looked for: often at first, then not at all.
#include "monitor/endpoints/owner_schedule.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

TEST(OwnerSchedule, LooksSoonAndThenLessAndLessOften) {
  OwnerSchedule schedule;
  EXPECT_EQ(schedule.due(), std::nullopt);
  schedule.update({4}, 1s);
  std::vector<Nanoseconds> looks;
  while (const auto due = schedule.due()) {
    looks.push_back(*due - 1s);
    schedule.looked(*due);
  }
  EXPECT_EQ(looks, (std::vector<Nanoseconds>{0ms, 10ms, 30ms, 100ms, 300ms, 1s, 2s, 3s, 5s}));
}

TEST(OwnerSchedule, SkipsLooksThatALateOneHasTakenTheirPlace) {
  OwnerSchedule schedule;
  schedule.update({4}, 1s);
  schedule.looked(1s + 150ms);
  EXPECT_EQ(schedule.due(), 1s + 300ms);
}

TEST(OwnerSchedule, ForgetsWhatHasAnOwnerAndBeginsAgainForWhatLosesIt) {
  OwnerSchedule schedule;
  schedule.update({4}, 1s);
  schedule.update({}, 2s);
  EXPECT_EQ(schedule.due(), std::nullopt);
  schedule.update({4, 5}, 3s);
  EXPECT_EQ(schedule.due(), 3s);
}

}  // namespace
}  // namespace cgtally::monitor
