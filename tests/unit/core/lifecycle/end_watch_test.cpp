// SPDX-License-Identifier: Apache-2.0
// When a begin and an end are told, by lives as the kernel writes them.
#include "core/lifecycle/end_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/core/lifecycle/lives.h"

namespace cgtally::lifecycle {
namespace {

using namespace std::chrono_literals;

ContainerLife container(std::optional<Nanoseconds> begun, std::optional<Nanoseconds> ended = {}) {
  CgroupLife life;
  life.cgroup_id = 7;
  life.begun = begun;
  life.ended = ended;
  return {.life = life, .name = {.path = "/docker/" + kContainerId}, .unit = false, .cgroups = {7}};
}

EndWatch::PodOf pod_is(PodWatch state) {
  return [state](std::uint64_t) { return state; };
}
const EndWatch::PodOf kNoPod = pod_is(PodWatch::none);

TEST(EndWatch, ABeginIsToldAtOnceAndOnce) {
  EndWatch watch;
  const auto first = watch.update({container(10s)}, kNoPod, 11s);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].event, Event::begun);
  EXPECT_EQ(first[0].at, 10s);
  EXPECT_TRUE(watch.update({container(10s)}, kNoPod, 12s).empty());
}

TEST(EndWatch, AnEndAfterWhichNothingComesIsToldAfterThreeSeconds) {
  EndWatch watch;
  (void)watch.update({container(10s)}, kNoPod, 11s);
  EXPECT_TRUE(watch.update({container(10s, 20s)}, kNoPod, 22s).empty());
  EXPECT_TRUE(watch.waits());
  const auto told = watch.update({container(10s, 20s)}, kNoPod, 23s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].event, Event::ended);
  EXPECT_EQ(told[0].at, 20s);
  EXPECT_EQ(told[0].extent, Extent::complete);
  EXPECT_TRUE(watch.update({container(10s, 20s)}, kNoPod, 30s).empty());
  EXPECT_FALSE(watch.waits());
}

TEST(EndWatch, AnEndAfterWhichPacketsComeIsToldTenSecondsAfterTheLastOne) {
  EndWatch watch;
  ContainerLife one = container(10s, 20s);
  one.life.late.packets.value = 5;
  one.life.late.first = 20s;
  one.life.late.last = 25s;
  (void)watch.update({container(10s)}, kNoPod, 11s);
  EXPECT_TRUE(watch.update({one}, kNoPod, 34s).empty());
  EXPECT_EQ(watch.update({one}, kNoPod, 35s).size(), 1U);
}

TEST(EndWatch, WhatDoesNotStopComingIsToldAfterAMinuteAsWhatCameSoFar) {
  EndWatch watch;
  ContainerLife one = container(10s, 20s);
  one.life.late.packets.value = 5;
  one.life.late.first = 20s;
  one.life.late.last = 79s;
  (void)watch.update({container(10s)}, kNoPod, 11s);
  EXPECT_TRUE(watch.update({one}, kNoPod, 79s).empty());
  const auto told = watch.update({one}, kNoPod, 80s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].extent, Extent::so_far);
}

TEST(EndWatch, AnEndWaitsForTheKeeperThatWatchesThePod) {
  EndWatch watch;
  (void)watch.update({container(10s)}, kNoPod, 11s);
  EXPECT_TRUE(watch.update({container(10s, 20s)}, pod_is(PodWatch::going_on), 40s).empty());
  EXPECT_EQ(watch.update({container(10s, 20s)}, pod_is(PodWatch::over), 41s).size(), 1U);
}

TEST(EndWatch, WhatWaitsWhenTheRunEndsIsToldAsFarAsItIsKnown) {
  EndWatch watch;
  (void)watch.update({container(10s, 20s)}, kNoPod, 21s);
  const auto told = watch.finish();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].extent, Extent::so_far);
  EXPECT_TRUE(watch.finish().empty());
}

TEST(EndWatch, ANewProcessInTheCgroupIsAnotherLifeAndEndsTheWait) {
  EndWatch watch;
  (void)watch.update({container(10s, 20s)}, kNoPod, 21s);
  const auto told = watch.update({container(22s)}, kNoPod, 22s);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].event, Event::ended);
  EXPECT_EQ(told[0].at, 20s);
  EXPECT_EQ(told[0].container.life.begun, Nanoseconds(10s));
  EXPECT_EQ(told[1].event, Event::begun);
  EXPECT_EQ(told[1].at, 22s);
  EXPECT_EQ(watch.update({container(22s, 30s)}, kNoPod, 40s).size(), 1U);
}

TEST(EndWatch, ACgroupThatWasRemovedWithoutAnEndHasEndedThen) {
  EndWatch watch;
  ContainerLife one = container({});
  one.life.removed = 20s;
  const auto told = watch.update({one}, kNoPod, 23s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at, 20s);
}

}  // namespace
}  // namespace cgtally::lifecycle
