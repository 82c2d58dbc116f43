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
  const auto of_slow = resolve(half, {.link_speed = BitRate{10'000'000}});
  EXPECT_EQ(of_slow.words, "5.00 Mbit/s (50 % of the link's speed), from 100.0 kB");
  const auto following = resolve(half, {});
  EXPECT_FALSE(following.fixed);
  EXPECT_EQ(following.words, "10 times the last minute's mean, at least 100 Mbit/s, from 100.0 kB");
  EXPECT_EQ(following.least(), kLeastFollowing);
  for (const Threshold& one : {of_burst, of_link, of_slow, following}) {
    const BurstRule rule = one.rule(one.least());
    EXPECT_EQ(rule.threshold, one.least());
    EXPECT_EQ(rule.least, kLeastBurst);
    EXPECT_EQ(rule.span, kLeastSpan);
  }
}

TEST(BurstThreshold, ARateIsTakenAsItIs) {
  const auto fixed = resolve({.share = {}, .rate = BitRate{100'000'000}},
                             {.instance_burst = BitRate{5'000'000'000}});
  EXPECT_EQ(fixed.fixed->bits_per_second, 100'000'000U);
  EXPECT_EQ(fixed.words, "100 Mbit/s");
  EXPECT_EQ(fixed.rule(*fixed.fixed).least, Bytes{0});
  EXPECT_EQ(fixed.rule(*fixed.fixed).span, Bytes{0});
}

constexpr BitRate kNothingIsOver{~std::uint64_t{0}};

TEST(BurstThreshold, FollowsTheMeanOfTheLastMinute) {
  FollowingThreshold following;
  EXPECT_EQ(following.threshold(), kNothingIsOver);
  following.add({1'000'000'000}, 0s);  // before the base
  for (int second = 1; second <= 10; ++second)
    following.add({12'500'000}, second * 1s);  // 100 Mbit/s
  EXPECT_EQ(following.threshold().bits_per_second, 1'000'000'000U);
  for (int second = 11; second <= 70; ++second) following.add({1'250'000}, second * 1s);
  EXPECT_EQ(following.threshold(), kLeastFollowing);  // 10 Mbit/s; the first minute is forgotten
  following.add({125'000'000}, 70s);                  // no time has passed
  EXPECT_EQ(following.threshold(), kLeastFollowing);
}

TEST(BurstThreshold, OfEvenTrafficIsNotCrossedByItFromTheFirstReadingOn) {
  FollowingThreshold following;
  following.add({}, 0s);
  for (int reading = 1; reading <= 100; ++reading) {
    EXPECT_GT(following.threshold().bits_per_second, 1'000'000'000U) << reading;
    following.add({10'000'000}, reading * 80ms);  // 1 Gbit/s
  }
  EXPECT_EQ(following.threshold().bits_per_second, 10'000'000'000U);
}

// What a person would call a burst, of a link of unknown speed that is idle otherwise.
TEST(BurstThreshold, FindsThreeHundredKilobytesInThreeMillisecondsAndNotAnAnswerOfTwoPackets) {
  FollowingThreshold following;
  following.add({}, 0s);
  following.add({20'000}, 1s);
  const Threshold threshold = resolve({}, {});
  BurstDetector detector(1ms);
  detector.set_rule(threshold.rule(following.threshold()));
  const auto window = [](std::uint64_t window_index, std::uint64_t bytes) {
    return TrafficWindow{
        .window_index = window_index, .bytes = {bytes}, .packets = {1}, .error = {}, .shares = {}};
  };
  for (std::uint64_t answer = 0; answer < 103; ++answer) {
    EXPECT_TRUE(
        detector.process({window(1000 + answer * 580, 1'700)}, 1100 + answer * 580).empty());
  }
  const auto bursts = detector.process(
      {window(70'000, 100'000), window(70'001, 100'000), window(70'002, 100'000)}, 70'100);
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].bytes.value, 300'000U);
  EXPECT_EQ(bursts[0].length(), 3ms);
}

TEST(BurstThreshold, TheClockIsReadAfterATwentiethOfAWindowAtTheThresholdButAtMostTheGivenBytes) {
  EXPECT_EQ(clock_read_bytes_for({100'000'000}, 1ms, 16'384), 625U);
  EXPECT_EQ(clock_read_bytes_for({100'000'000}, 100us, 16'384), 62U);
  EXPECT_EQ(clock_read_bytes_for({2'500'000'000}, 1ms, 16'384), 15'625U);
  EXPECT_EQ(clock_read_bytes_for({50'000'000'000}, 1ms, 16'384), 16'384U);
  EXPECT_EQ(clock_read_bytes_for({~std::uint64_t{0}}, 100ms, 16'384), 16'384U);
}

}  // namespace
}  // namespace cgtally
