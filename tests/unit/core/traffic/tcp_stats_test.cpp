// SPDX-License-Identifier: Apache-2.0
// Sockets to summaries: quantiles of the delay, and what was sent again between two looks.
#include "core/traffic/tcp_stats.h"

#include <gtest/gtest.h>

#include "core/base/rate_limiter.h"

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
  EXPECT_FALSE(connections.looked());
  connections.look({connection(1, 7, 0ms), connection(2, 7, 0ms), connection(3, 9, 0ms)}, at(1s));
  EXPECT_TRUE(connections.looked());
  EXPECT_EQ(connections.by_cgroup().at(7).connections, 2U);
  EXPECT_EQ(connections.by_cgroup().at(9).connections, 1U);
  EXPECT_EQ(connections.all().connections, 3U);
  connections.look({connection(3, 9, 0ms)}, at(2s));
  EXPECT_FALSE(connections.by_cgroup().contains(7));
}

TEST(TcpStats, OneThatTheDumpShowsTwiceCountsOnce) {
  TcpStats connections;
  connections.look({}, at(1s));
  connections.look({connection(1, 7, 0ms, 10), connection(2, 7, 0ms), connection(1, 7, 0ms, 10)},
                   at(2s));
  EXPECT_EQ(connections.all().connections, 2U);
  EXPECT_EQ(connections.all().retransmitted.value, 10U);
}

TEST(TcpStats, TheDelayIsWhatTheRoundTripTimeHasAboveItsLeast) {
  std::vector<TcpSocketFacts> sockets;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    sockets.push_back(connection(201 - i, 7, std::chrono::milliseconds(i)));
  }
  TcpStats connections;
  connections.look(sockets, at(1s));
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
  connections.look({fresh, unmeasured, silent}, at(1s));
  EXPECT_EQ(connections.all().connections, 3U);
  EXPECT_FALSE(connections.all().queue_delay_p50);
  EXPECT_FALSE(connections.all().queue_delay_p99);
}

TEST(TcpStats, ARoundTripTimeBelowItsLeastIsNoDelay) {
  TcpStats connections;
  connections.look({connection(1, 7, -1ms)}, at(1s));
  EXPECT_EQ(connections.all().queue_delay_p99, Nanoseconds(0));
}

TEST(TcpStats, WhatWasSentAgainIsTheDifferenceOfEachSocket) {
  TcpStats connections;
  connections.look({connection(1, 7, 0ms, 1000), connection(2, 9, 0ms, 50)}, at(1s));
  EXPECT_EQ(connections.all().retransmitted.value, 0U);  // the base
  connections.look({connection(1, 7, 0ms, 1300), connection(2, 9, 0ms, 50)}, at(2s));
  EXPECT_EQ(connections.by_cgroup().at(7).retransmitted.value, 300U);
  EXPECT_EQ(connections.by_cgroup().at(9).retransmitted.value, 0U);
}

TEST(TcpStats, ANewSocketCountsFromZeroAndOneThatIsGoneTakesNothingAway) {
  TcpStats connections;
  connections.look({connection(1, 7, 0ms, 1000)}, at(1s));
  connections.look({connection(2, 7, 0ms, 30)}, at(2s));
  EXPECT_EQ(connections.all().retransmitted.value, 30U);
  connections.look({connection(2, 7, 0ms, 20)}, at(3s));  // cannot be, and must not wrap
  EXPECT_EQ(connections.all().retransmitted.value, 0U);
}

TEST(TcpStats, ThePastOfSocketsThatAreOlderThanTheirFirstSightIsNotCounted) {
  TcpStats connections;
  connections.look({}, at(1s));
  const std::vector<TcpSocketFacts> found{connection(1, 7, 0ms, 5000)};
  connections.know(found);
  connections.look(found, at(2s));
  EXPECT_EQ(connections.all().retransmitted.value, 0U);
  connections.look({connection(1, 7, 0ms, 5001)}, at(3s));
  EXPECT_EQ(connections.all().retransmitted.value, 1U);
}

TEST(RateLimiter, TenAsksASecondAreOneAnswerASecond) {
  RateLimiter pace(1s);
  int done = 0;
  for (int tick = 0; tick < 100; ++tick) {
    done += pace.due(5s + tick * 100ms) ? 1 : 0;
  }
  EXPECT_EQ(done, 10);
}

TEST(RateLimiter, ARhythmOfOneSecondWithJitterMissesNoBeat) {
  RateLimiter pace(1s);
  for (int tick = 0; tick < 100; ++tick) {
    EXPECT_TRUE(pace.due(tick * 1s + (tick % 3) * 2ms)) << tick;
  }
}

TEST(RateLimiter, AfterAPauseItDoesNotCatchUp) {
  RateLimiter pace(1s);
  EXPECT_TRUE(pace.due(0s));
  EXPECT_TRUE(pace.due(60s));
  EXPECT_FALSE(pace.due(60500ms));
  EXPECT_TRUE(pace.due(61s));
}

TEST(RateLimiter, WhatTookLongRests) {
  RateLimiter pace(1s);
  EXPECT_TRUE(pace.due(0s));
  pace.rest_until(5s);
  EXPECT_FALSE(pace.due(4s));
  EXPECT_TRUE(pace.due(5s));
}

}  // namespace
}  // namespace cgtally
