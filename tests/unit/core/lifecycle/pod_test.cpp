// SPDX-License-Identifier: Apache-2.0
// From the observation of a pod to the row of an end.
#include "core/lifecycle/pod.h"

#include <gtest/gtest.h>

namespace cgtally::lifecycle {
namespace {

using namespace std::chrono_literals;

Aftermath refused(std::uint64_t count, Nanoseconds first, Nanoseconds last) {
  Aftermath aftermath;
  aftermath.ended = 100s;
  aftermath.state = AftermathState::quiet;
  aftermath.siblings = 1;
  aftermath.refused = count;
  aftermath.first_refused = first;
  aftermath.last_refused = last;
  return aftermath;
}

TEST(PodOfAnEnd, IsThatOfThisEndAndOfNoEarlierOne) {
  EXPECT_EQ(watch_of(refused(1, 1s, 2s), 100s + 3ms), PodWatch::over);
  EXPECT_EQ(watch_of(refused(1, 1s, 2s), 110s), PodWatch::none);
  EXPECT_EQ(watch_of(std::nullopt, 100s), PodWatch::none);
  Aftermath watching = refused(1, 1s, 2s);
  watching.state = AftermathState::watching;
  EXPECT_EQ(watch_of(watching, 100s), PodWatch::going_on);
}

TEST(PodOfAnEnd, RefusalsHaveAFirstAndALastTime) {
  const InsidePod pod = inside_pod(refused(148, 20ms, 1'480ms), "proxy");
  EXPECT_TRUE(pod.lost());
  EXPECT_EQ(pod.refused, 148U);
  ASSERT_TRUE(pod.tail);
  EXPECT_EQ(pod.tail->first, Nanoseconds(20ms));
  EXPECT_EQ(pod.tail->last, 1'480ms);
  EXPECT_EQ(pod.quiet, Nanoseconds(1'480ms));
  EXPECT_EQ(pod.names, "proxy");
}

TEST(PodOfAnEnd, RefusalsJustBeforeTheEndBelongToIt) {
  Aftermath aftermath = refused(0, 0s, 0s);
  aftermath.first_refused.reset();
  aftermath.last_refused.reset();
  aftermath.refused_before = 3;
  aftermath.refused_before_since = 500ms;
  const InsidePod pod = inside_pod(aftermath, "");
  EXPECT_TRUE(pod.lost());
  EXPECT_EQ(pod.refused_before, 3U);
  ASSERT_TRUE(pod.tail);
  EXPECT_EQ(pod.tail->first, Nanoseconds(-500ms));
  EXPECT_EQ(pod.tail->last, 0s);
  aftermath.refused_before_since = 60s;  // of another cause
  EXPECT_FALSE(inside_pod(aftermath, "").lost());
}

TEST(PodOfAnEnd, TheTimeOfWhatWasRefusedBeforeTheFirstLookIsNotKnown) {
  Aftermath aftermath = refused(2, 20ms, 30ms);
  aftermath.refused_by_first_look = 1;
  EXPECT_FALSE(inside_pod(aftermath, "").tail->first);
}

TEST(PodOfAnEnd, WithoutCountersNothingOfRefusalsIsKnown) {
  Aftermath aftermath = refused(0, 0s, 0s);
  aftermath.counters_known = false;
  EXPECT_FALSE(inside_pod(aftermath, "").refusals_known);
}

}  // namespace
}  // namespace cgtally::lifecycle
