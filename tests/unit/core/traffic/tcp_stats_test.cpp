// SPDX-License-Identifier: Apache-2.0
// Sockets to summaries: quantiles of the delay, and what was sent again between two dumps.
#include "core/traffic/tcp_stats.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TcpSocketFacts connection(std::uint64_t cookie, std::uint64_t cgroup, Nanoseconds delay,
                          std::uint64_t again = 0) {
  return {.cookie = cookie,
          .cgroup_id = cgroup,
          .rtt = 2ms + delay,
          .min_rtt = 2ms,
          .retransmitted = {again}};
}

Moment at(Nanoseconds boot) { return {.boot = boot, .wall = boot}; }

TEST(TcpStats, AreCountedForEachCgroupAndForAll) {
  TcpStats connections;
  EXPECT_FALSE(connections.updated_at());
  connections.update({connection(1, 7, 0ms), connection(2, 7, 0ms), connection(3, 9, 0ms)}, at(1s));
  EXPECT_TRUE(connections.updated_at());
  EXPECT_EQ(connections.by_cgroup().at(7).connections, 2U);
  EXPECT_EQ(connections.by_cgroup().at(9).connections, 1U);
  EXPECT_EQ(connections.all().connections, 3U);
  connections.update({connection(3, 9, 0ms)}, at(2s));
  EXPECT_FALSE(connections.by_cgroup().contains(7));
}

TEST(TcpStats, OneThatTheDumpShowsTwiceCountsOnce) {
  TcpStats connections;
  connections.update({}, at(1s));
  connections.update({connection(1, 7, 0ms, 10), connection(2, 7, 0ms), connection(1, 7, 0ms, 10)},
                     at(2s));
  EXPECT_EQ(connections.all().connections, 2U);
  EXPECT_EQ(connections.all().retransmitted.value, 10U);
}

TEST(TcpStats, TheDelayIsTheRoundTripTimeAboveItsMinimum) {
  std::vector<TcpSocketFacts> sockets;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    sockets.push_back(connection(201 - i, 7, std::chrono::milliseconds(i)));
  }
  TcpStats connections;
  connections.update(sockets, at(1s));
  EXPECT_EQ(connections.by_cgroup().at(7).queue_delay_p50, Nanoseconds(100ms));
  EXPECT_EQ(connections.by_cgroup().at(7).queue_delay_p99, Nanoseconds(198ms));
  EXPECT_EQ(connections.all().queue_delay_p99, Nanoseconds(198ms));
}

TEST(TcpStats, WithoutARoundTripTimeOrLongSilentTheyHaveNoDelay) {
  TcpSocketFacts fresh = connection(1, 7, 3ms);
  fresh.rtt.reset();
  TcpSocketFacts unmeasured = connection(2, 7, 3ms);
  unmeasured.min_rtt.reset();
  TcpSocketFacts silent = connection(3, 7, 900ms);
  silent.since_sent = 11s;
  TcpStats connections;
  connections.update({fresh, unmeasured, silent}, at(1s));
  EXPECT_EQ(connections.all().connections, 3U);
  EXPECT_FALSE(connections.all().queue_delay_p50);
  EXPECT_FALSE(connections.all().queue_delay_p99);
}

TEST(TcpStats, ARoundTripTimeBelowItsMinimumIsNoDelay) {
  TcpStats connections;
  connections.update({connection(1, 7, -1ms)}, at(1s));
  EXPECT_EQ(connections.all().queue_delay_p99, Nanoseconds(0));
}

TEST(TcpStats, RetransmittedBytesAreTheDifferenceOfEachSocket) {
  TcpStats connections;
  connections.update({connection(1, 7, 0ms, 1000), connection(2, 9, 0ms, 50)}, at(1s));
  EXPECT_EQ(connections.all().retransmitted.value, 0U);  // the base
  connections.update({connection(1, 7, 0ms, 1300), connection(2, 9, 0ms, 50)}, at(2s));
  EXPECT_EQ(connections.by_cgroup().at(7).retransmitted.value, 300U);
  EXPECT_EQ(connections.by_cgroup().at(9).retransmitted.value, 0U);
}

TEST(TcpStats, ANewSocketCountsFromZeroAndOneThatIsGoneTakesNothingAway) {
  TcpStats connections;
  connections.update({connection(1, 7, 0ms, 1000)}, at(1s));
  connections.update({connection(2, 7, 0ms, 30)}, at(2s));
  EXPECT_EQ(connections.all().retransmitted.value, 30U);
  connections.update({connection(2, 7, 0ms, 20)}, at(3s));  // cannot be, and must not wrap
  EXPECT_EQ(connections.all().retransmitted.value, 0U);
}

TEST(TcpStats, WhatAKnownSocketRetransmittedEarlierIsNotCounted) {
  TcpStats connections;
  connections.update({}, at(1s));
  const std::vector<TcpSocketFacts> found{connection(1, 7, 0ms, 5000)};
  connections.add_known(found);
  connections.update(found, at(2s));
  EXPECT_EQ(connections.all().retransmitted.value, 0U);
  connections.update({connection(1, 7, 0ms, 5001)}, at(3s));
  EXPECT_EQ(connections.all().retransmitted.value, 1U);
}

}  // namespace
}  // namespace cgtally
