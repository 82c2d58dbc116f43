// SPDX-License-Identifier: Apache-2.0
// Refusals just before an end belong to that end, but not if they followed an earlier one.
#include <gtest/gtest.h>

#include "core/lifecycle/aftermath_observer.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

NetnsTcpCounts refused_so_far(std::uint64_t count) {
  return {.attempt_fails = count, .out_rsts = count, .estab_resets = 0};
}

Aftermath aftermath_of(const RefusalHistory& history, Nanoseconds ended) {
  return AftermathObserver(ended, 1, 1, history).result();
}

TEST(RefusalHistoryTest, ARunUpToTheEndIsTold) {
  RefusalHistory history;
  history.add(refused_so_far(10), 1s);
  history.add(refused_so_far(150), 2s);
  EXPECT_EQ(aftermath_of(history, 2100ms).refused_before, 140U);
}

// A proxy ends 1.5 s after its app, and refused nothing itself.
TEST(RefusalHistoryTest, ARunAfterAnotherEndIsNotToldAgain) {
  RefusalHistory history;
  history.add(refused_so_far(10), 1s);
  history.add(refused_so_far(150), 2s);
  history.end_run();
  EXPECT_EQ(aftermath_of(history, 2100ms).refused_before, 0U);
  history.add(refused_so_far(151), 2500ms);
  EXPECT_EQ(aftermath_of(history, 2600ms).refused_before, 1U);
}

}  // namespace
}  // namespace cgtally
