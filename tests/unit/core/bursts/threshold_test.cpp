// SPDX-License-Identifier: Apache-2.0
// The threshold in numbers and in words, and the bytes between two clock reads that it allows.
#include "core/bursts/threshold.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TEST(BurstThreshold, IsAShareOrARate) {
  EXPECT_DOUBLE_EQ(parse_threshold("50%")->share.value(), 0.5);
  EXPECT_DOUBLE_EQ(parse_threshold("12.5%")->share.value(), 0.125);
  EXPECT_EQ(parse_threshold("2Gbit")->rate->bits_per_second, 2'000'000'000U);
  EXPECT_FALSE(parse_threshold("2Gbit")->share);
  for (const auto* text : {"", "%", "0%", "101%", "-5%", "50", "nan%", "50%%", "0Mbit", "2GB"}) {
    const auto refused = parse_threshold(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().failure, Failure::usage);
  }
}

TEST(BurstThreshold, AShareIsOfTheInstancesBurstElseOfTheLinkElseFollowsTheMean) {
  const ThresholdRequest half;
  const auto of_burst = resolve(half, {.instance_burst = BitRate{5'000'000'000},
                                       .instance = "t4g.micro",
                                       .link_speed = BitRate{10'000'000'000}});
  EXPECT_EQ(of_burst.fixed->bits_per_second, 2'500'000'000U);
  EXPECT_EQ(of_burst.words, "2.50 Gbit/s (50 % of t4g.micro's burst)");
  const auto of_link = resolve(half, {.link_speed = BitRate{10'000'000'000}});
  EXPECT_EQ(of_link.words, "5.00 Gbit/s (50 % of the link's speed)");
  const auto following = resolve(half, {});
  EXPECT_FALSE(following.fixed);
  EXPECT_EQ(following.words, "10 times the last minute's mean, at least 10.0 Mbit/s");
  EXPECT_EQ(following.least(), kLeastFollowing);
}

TEST(BurstThreshold, ARateIsTakenAsItIs) {
  const auto fixed = resolve({.share = {}, .rate = BitRate{100'000'000}},
                             {.instance_burst = BitRate{5'000'000'000}});
  EXPECT_EQ(fixed.fixed->bits_per_second, 100'000'000U);
  EXPECT_EQ(fixed.words, "100 Mbit/s");
}

TEST(BurstThreshold, FollowsTheMeanOfTheLastMinute) {
  FollowingThreshold following;
  EXPECT_EQ(following.threshold(), kLeastFollowing);
  following.add({1'000'000'000}, 0s);  // before the base
  for (int second = 1; second <= 10; ++second)
    following.add({1'250'000}, second * 1s);  // 10 Mbit/s
  EXPECT_EQ(following.threshold().bits_per_second, 100'000'000U);
  for (int second = 11; second <= 70; ++second) following.add({125'000}, second * 1s);
  EXPECT_EQ(following.threshold(), kLeastFollowing);  // 1 Mbit/s; the first minute is forgotten
  following.add({125'000'000}, 70s);                  // no time has passed
  EXPECT_EQ(following.threshold(), kLeastFollowing);
}

TEST(BurstThreshold,
     TheClockIsReadAfterATwentiethOfAWindowAtTheThresholdButAtMostSixteenKibibytes) {
  EXPECT_EQ(clock_read_bytes_for({100'000'000}, 1ms), 625U);
  EXPECT_EQ(clock_read_bytes_for({100'000'000}, 100us), 62U);
  EXPECT_EQ(clock_read_bytes_for({2'500'000'000}, 1ms), 15'625U);
  EXPECT_EQ(clock_read_bytes_for({50'000'000'000}, 1ms), 16'384U);
  EXPECT_EQ(clock_read_bytes_for({~std::uint64_t{0}}, 100ms), 16'384U);
}

}  // namespace
}  // namespace cgtally
