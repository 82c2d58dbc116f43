// SPDX-License-Identifier: Apache-2.0
// Differences of totals, among them the incident for which step() exists.
#include "core/traffic/traffic.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

TEST(Step, OfGrowingTotalsIsTheirDifference) {
  const Step change = step(traffic(10, 1, 20, 2), traffic(15, 2, 120, 4));
  ASSERT_TRUE(std::holds_alternative<Advanced>(change));
  EXPECT_EQ(std::get<Advanced>(change).by, traffic(5, 1, 100, 2));
}

TEST(Step, OfEqualTotalsIsEmptyAndNoRestart) {
  const Step change = step(sent(5000), sent(5000));
  ASSERT_TRUE(std::holds_alternative<Advanced>(change));
  EXPECT_TRUE(std::get<Advanced>(change).by.empty());
}

TEST(Step, IsARestartWhenAnyOneCounterWentBackwards) {
  const Traffic before = traffic(10, 10, 10, 10);
  for (const Traffic& now : {traffic(9, 90, 90, 90), traffic(90, 9, 90, 90), traffic(90, 90, 9, 90),
                             traffic(90, 90, 90, 9)}) {
    const Step change = step(before, now);
    ASSERT_TRUE(std::holds_alternative<Restarted>(change));
    EXPECT_EQ(std::get<Restarted>(change).since_zero, now);
  }
}

// An agent subtracted the counters of a cgroup that had been destroyed and created again under the
// same path, and reported 400 PB/s. These were its two readings, 57.94 s apart.
TEST(Step, OfThePetabyteIncidentCountsFromTheNewZero) {
  constexpr std::uint64_t kPrevious = 317'669'466;
  constexpr std::uint64_t kCurrent = 692'608;
  constexpr Nanoseconds kElapsed = std::chrono::milliseconds{57'940};
  const double naive = static_cast<double>(kCurrent - kPrevious) / 57.94;
  ASSERT_NEAR(naive, 3.18e17, 0.01e17) << "what the agent reported, in bytes per second";

  const Step change = step(traffic(0, 0, kPrevious, 0), traffic(0, 0, kCurrent, 0));
  ASSERT_TRUE(std::holds_alternative<Restarted>(change));
  const Bytes counted = std::get<Restarted>(change).since_zero.tx_bytes;
  EXPECT_EQ(counted, Bytes{kCurrent});
  EXPECT_EQ(rate(counted, kElapsed), BitRate{95'631}) << "692 608 B in 57.94 s";
}

TEST(Traffic, AddsEachCounterToItsOwn) {
  Traffic sum = traffic(1, 2, 3, 4);
  sum += traffic(10, 20, 30, 40);
  EXPECT_EQ(sum, traffic(11, 22, 33, 44));
}

TEST(TrafficDataPackets, AreThoseThatCarryMoreThanHeaders) {
  Traffic some = traffic(1000, 10, 2000, 20);
  some.tcp.rx_without_data = {4};
  some.tcp.tx_without_data = {21};  // of a packet that is being counted
  EXPECT_EQ(some.rx_data_packets(), Packets{6});
  EXPECT_EQ(some.tx_data_packets(), Packets{0});
}

// The reading between has two segments whose packets it has not.
TEST(TrafficDataPackets, NeverFallAndAreAllThereInTheEnd) {
  Traffic first = traffic(1000, 10, 0, 0);
  first.tcp.rx_without_data = {4};
  Traffic second = traffic(1100, 11, 0, 0);
  second.tcp.rx_without_data = {7};
  Traffic third = traffic(1500, 15, 0, 0);
  third.tcp.rx_without_data = {7};
  const Traffic kept = with_data_rising(first, second);
  EXPECT_EQ(kept.rx_data_packets(), Packets{6});
  const Traffic last = with_data_rising(kept, third);
  EXPECT_EQ(last, third);
  EXPECT_EQ(std::get<Advanced>(step(kept, last)).by.rx_data_packets(), Packets{2});
}

}  // namespace
}  // namespace cgtally
