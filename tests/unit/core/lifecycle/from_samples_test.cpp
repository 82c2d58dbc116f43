// SPDX-License-Identifier: Apache-2.0
// What a recording of samples tells of begins and ends.
#include "core/lifecycle/from_samples.h"

#include <gtest/gtest.h>

#include "unit/core/lifecycle/lives.h"

namespace cgtally::lifecycle {
namespace {

using namespace std::chrono_literals;

const std::string kPodPath = "/kubepods/pod2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b/";

Sample sample_of(std::uint64_t id, const std::string& container, Nanoseconds at,
                 std::uint64_t total, std::uint64_t delta) {
  Sample row;
  row.taken = {.boot = at, .wall = 1'700'000'000s + at};
  row.interval = 1s;
  row.host = "h";
  row.ledger = "l";
  row.iface = "eth0";
  row.cgroup_id = id;
  row.account = kPodPath + std::string(1, static_cast<char>('a' + id % 6)) + kContainerId.substr(1);
  row.container = container;
  row.pod = "mirror-0";
  row.k8s_namespace = "shop";
  row.totals.rx_bytes = Bytes{total};
  row.totals.rx_packets = Packets{total / 100};
  row.delta.rx_bytes = Bytes{delta};
  row.delta.rx_packets = Packets{delta / 100};
  return row;
}

TEST(LifecycleOfSamples, AnAccountBeginsWithItsFirstRowAndEndsWithExited) {
  FromSamples samples(Grouping::cgroup);
  samples.add(sample_of(1, "proxy", 10s, 5000, 300));  // older than the recording
  samples.add(sample_of(2, "app", 12s, 200, 200));
  Sample last = sample_of(2, "app", 15s, 700, 500);
  last.state = SampleState::exited;
  samples.add(last);
  last.iface = "eth1";
  samples.add(last);
  const auto rows = std::move(samples).finish();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].event, Event::begun);
  EXPECT_EQ(rows[0].at.boot, 12s);
  EXPECT_EQ(rows[1].event, Event::ended);
  EXPECT_EQ(rows[1].at.boot, 15s);
  EXPECT_EQ(rows[1].lived, Nanoseconds(3s));
  EXPECT_EQ(rows[1].totals->rx_bytes.value, 1400U);
  EXPECT_EQ(rows[1].name, "shop/mirror/app");
  EXPECT_FALSE(rows[1].pod);
  EXPECT_EQ(tail_of(rows[1]), std::nullopt);
}

TEST(LifecycleOfSamples, WhatSiblingsTookAfterAnEndIsToldUntilTheContainerIsReplaced) {
  FromSamples samples(Grouping::cgroup);
  samples.add(sample_of(1, "proxy", 10s, 5000, 300));
  Sample last = sample_of(2, "app", 10s, 700, 500);
  last.state = SampleState::exited;
  samples.add(last);
  samples.add(sample_of(1, "proxy", 11s, 5400, 400));
  samples.add(sample_of(1, "proxy", 12s, 5600, 200));
  samples.add(sample_of(3, "app", 13s, 100, 100));
  samples.add(sample_of(1, "proxy", 13s, 5700, 100));
  const auto rows = std::move(samples).finish();
  ASSERT_EQ(rows.size(), 2U);
  const Row& end = rows[0];
  EXPECT_FALSE(end.lived);
  ASSERT_TRUE(end.pod);
  EXPECT_FALSE(end.pod->refusals_known);
  EXPECT_EQ(end.pod->names, "proxy");
  EXPECT_EQ(end.pod->traffic.rx_bytes.value, 600U);
  EXPECT_EQ(end.pod->quiet, Nanoseconds(2s));
  EXPECT_EQ(tail_of(end), std::nullopt);
  EXPECT_EQ(rows[1].event, Event::begun);
}

TEST(LifecycleOfSamples, OnlyContainersAreTold) {
  FromSamples samples(Grouping::cgroup);
  samples.add(sample_of(1, "proxy", 10s, 5000, 300));
  Sample unit = sample_of(5, "", 11s, 100, 100);
  unit.account = "/system.slice/redis.service";
  unit.state = SampleState::exited;
  samples.add(unit);
  unit.account = "(kernel)";
  unit.cgroup_id = 0;
  samples.add(unit);
  EXPECT_TRUE(std::move(samples).finish().empty());
}

}  // namespace
}  // namespace cgtally::lifecycle
