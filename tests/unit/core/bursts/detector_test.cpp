// SPDX-License-Identifier: Apache-2.0
// Windows to bursts: where they begin and end, what they hold, the accounts in them, and that
// nothing is made up where windows are missing.
#include "core/bursts/detector.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWindow = 1ms;
constexpr BitRate kThreshold{80'000'000};  // 10 000 bytes in a window
constexpr Account kRedis{.kind = AccountKind::cgroup, .cgroup_id = 7};
constexpr Account kNginx{.kind = AccountKind::cgroup, .cgroup_id = 8};

TrafficWindow window(std::uint64_t window_index, std::uint64_t bytes) {
  return {.window_index = window_index,
          .bytes = {bytes},
          .packets = {bytes / 1000},
          .error = {},
          .shares = {{.account = kRedis, .least = {bytes}}}};
}

class BurstTest : public testing::Test {
 protected:
  BurstTest() { detector_.set_rule({.threshold = kThreshold}); }
  // Of one call: these windows, from `first` on, and silence for long enough after them.
  std::vector<Burst> process(std::uint64_t first, const std::vector<std::uint64_t>& bytes,
                             std::uint64_t silence = 10) {
    std::vector<TrafficWindow> windows;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] > 0) windows.push_back(window(first + i, bytes[i]));
    }
    return detector_.process(windows, first + bytes.size() - 1 + silence);
  }
  BurstDetector detector_{kWindow};
};

TEST_F(BurstTest, BeginsWithAWindowOverTheThresholdAndHoldsWhatPassed) {
  const auto bursts = process(1000, {0, 12'000, 30'000, 11'000, 0});
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].first, 1001U);
  EXPECT_EQ(bursts[0].last, 1003U);
  EXPECT_EQ(bursts[0].start(), 1001ms);
  EXPECT_EQ(bursts[0].length(), 3ms);
  EXPECT_EQ(bursts[0].bytes.value, 53'000U);
  EXPECT_EQ(bursts[0].packets.value, 53U);
  EXPECT_EQ(bursts[0].peak_rate().bits_per_second, 240'000'000U);
  EXPECT_EQ(bursts[0].mean_rate().bits_per_second, 141'333'333U);
  EXPECT_EQ(bursts[0].threshold, kThreshold);
  EXPECT_FALSE(bursts[0].incomplete);
}

TEST_F(BurstTest, AWindowAtTheThresholdBeginsNoBurst) {
  EXPECT_TRUE(process(1000, {10'000, 10'000, 10'000}).empty());
  EXPECT_EQ(process(2000, {10'001}).size(), 1U);
}

TEST_F(BurstTest, TheWindowsBesideItBelongToItWhereTheyHoldHalf) {
  const auto bursts = process(1000, {5'000, 20'000, 5'000, 4'999});
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].first, 1000U);
  EXPECT_EQ(bursts[0].last, 1002U);
  EXPECT_EQ(bursts[0].bytes.value, 30'000U);
  const auto alone = process(2000, {4'999, 20'000, 4'999});
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(alone[0].first, 2001U);
  EXPECT_EQ(alone[0].last, 2001U);
}

TEST_F(BurstTest, ADipOfTwoWindowsDoesNotSplitItAndOneOfThreeDoes) {
  const auto one = process(1000, {20'000, 0, 100, 20'000});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].length(), 4ms);
  EXPECT_EQ(one[0].bytes.value, 40'100U);
  EXPECT_EQ(process(2000, {20'000, 0, 100, 0, 20'000}).size(), 2U);
}

TEST_F(BurstTest, TrafficJustBelowTheThresholdDoesNotKeepItOpen) {
  std::vector<std::uint64_t> bytes(30, 9'000);
  bytes[0] = 20'000;
  const auto bursts = process(1000, bytes);
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].last, 1001U);
}

TEST_F(BurstTest, IsTheSameWhetherItsWindowsComeAtOnceOrOneByOne) {
  const std::vector<std::uint64_t> bytes{6'000, 20'000, 0, 15'000, 12'000, 5'500, 0, 0, 0, 0};
  BurstDetector at_once(kWindow);
  at_once.set_rule({.threshold = kThreshold});
  std::vector<TrafficWindow> all;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] > 0) all.push_back(window(250 + i, bytes[i]));  // over the edge of a ring
  }
  const auto expected = at_once.process(all, 400);
  ASSERT_EQ(expected.size(), 1U);
  std::vector<Burst> bursts;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto some = process(250 + i, {bytes[i]}, 0);
    bursts.insert(bursts.end(), some.begin(), some.end());
  }
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].first, expected[0].first);
  EXPECT_EQ(bursts[0].last, expected[0].last);
  EXPECT_EQ(bursts[0].bytes, expected[0].bytes);
}

TEST_F(BurstTest, AnOpenBurstIsReportedAtTheEndWithWhatItHas) {
  EXPECT_TRUE(process(1000, {20'000, 20'000}, 0).empty());
  const auto burst = detector_.finish();
  ASSERT_TRUE(burst);
  EXPECT_EQ(burst->bytes.value, 40'000U);
  EXPECT_FALSE(detector_.finish());
}

TEST_F(BurstTest, AnOpenBurstCanBeReadWithoutEndingIt) {
  EXPECT_FALSE(detector_.so_far());
  EXPECT_TRUE(process(1000, {20'000, 30'000, 9'000}, 0).empty());
  const auto so_far = detector_.so_far();
  ASSERT_TRUE(so_far);
  EXPECT_EQ(so_far->length(), 2ms);  // what may be a dip is not in it yet
  EXPECT_EQ(so_far->bytes.value, 50'000U);
  ASSERT_EQ(so_far->shares.size(), 1U);
  EXPECT_EQ(so_far->shares[0].least.value, 50'000U);
  const auto ended = process(1003, {20'000, 0});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].bytes.value, 79'000U);
  EXPECT_FALSE(detector_.so_far());
}

// A new account in each of its windows, beside the one that causes it.
TEST_F(BurstTest, AnEndlessBurstHasBoundedMemoryAndItsSharesAreStillBounds) {
  constexpr std::uint64_t kWindows = 100'000;
  std::uint64_t others = 0;
  for (std::uint64_t window_index = 1000; window_index < 1000 + kWindows; ++window_index) {
    TrafficWindow one = window(window_index, 20'000);
    const Account passing{.kind = AccountKind::cgroup, .cgroup_id = window_index};
    one.shares = {{kRedis, {15'000}}, {passing, {5'000}}};
    EXPECT_TRUE(detector_.process({one}, window_index).empty());
    others += 5'000;
  }
  const auto burst = detector_.finish();
  ASSERT_TRUE(burst);
  EXPECT_EQ(burst->bytes.value, kWindows * 20'000);
  EXPECT_LE(burst->shares.size(), BurstDetector::kMostAccounts);
  EXPECT_GE(burst->shares.size(), 2U);
  EXPECT_EQ(burst->shares[0].account, kRedis);
  EXPECT_EQ(burst->shares[0].least.value, kWindows * 15'000);
  EXPECT_LE(burst->shares[0].most.value, burst->shares[0].least.value + others);
  EXPECT_LE(burst->shares[1].least.value, 5'000U);
  EXPECT_GE(burst->shares[1].most.value, 5'000U);
}

TEST_F(BurstTest, SharesAreSummedWithWhatTheyMayLack) {
  TrafficWindow first = window(1000, 20'000);
  first.shares = {{kRedis, {12'000}}, {kNginx, {5'000}}};
  first.error = {3'000};
  TrafficWindow second = window(1001, 20'000);
  second.shares = {{kNginx, {19'000}}};
  second.error = {9'000};  // more than is not named: the rest bounds it
  const auto bursts = detector_.process({first, second}, 1010);
  ASSERT_EQ(bursts.size(), 1U);
  ASSERT_EQ(bursts[0].shares.size(), 2U);
  EXPECT_EQ(bursts[0].shares[0].account, kNginx);
  EXPECT_EQ(bursts[0].shares[0].least.value, 24'000U);
  EXPECT_EQ(bursts[0].shares[0].most.value, 28'000U);
  EXPECT_EQ(bursts[0].shares[1].most.value, 16'000U);
}

TEST_F(BurstTest, WhatACpuWasLateForGoesToTheBurstThatIsOpenThere) {
  EXPECT_TRUE(process(1000, {20'000, 100}, 0).empty());
  TrafficWindow rest = window(1000, 2'000);
  rest.shares = {};
  rest.error = {2'000};
  TrafficWindow in_dip = window(1001, 700);
  const auto bursts = detector_.process({rest, in_dip, window(1002, 20'000)}, 1010);
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].bytes.value, 42'800U);
  EXPECT_EQ(bursts[0].peak.value, 20'000U);
  EXPECT_EQ(detector_.late().value, 0U);
  EXPECT_TRUE(detector_.process({rest}, 1011).empty());
  EXPECT_EQ(detector_.late().value, 2'000U);
}

TEST_F(BurstTest, EndsBeforeMissedWindowsAndIsIncomplete) {
  EXPECT_TRUE(process(1000, {20'000, 20'000}, 0).empty());
  const MissedWindows missed{.from = 1002, .to = 11'000, .bytes = {1'000'000'000}, .packets = {1}};
  const auto bursts =
      detector_.process({window(11'000, 20'000), window(11'020, 20'000)}, 11'100, missed);
  ASSERT_EQ(bursts.size(), 3U);
  EXPECT_EQ(bursts[0].last, 1001U);
  EXPECT_EQ(bursts[0].bytes.value, 40'000U);
  EXPECT_TRUE(bursts[0].incomplete);
  EXPECT_EQ(bursts[1].first, 11'000U);
  EXPECT_TRUE(bursts[1].incomplete);
  EXPECT_FALSE(bursts[2].incomplete);
}

TEST_F(BurstTest, TheKnownPartOfAMissedWindowIsALowerBound) {
  const MissedWindows missed{.from = 1000, .to = 1100, .bytes = {}, .packets = {}};
  const auto bursts = detector_.process({window(1050, 20'000)}, 1200, missed);
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_TRUE(bursts[0].incomplete);
  EXPECT_EQ(bursts[0].bytes.value, 20'000U);
}

TEST_F(BurstTest, AMovedThresholdHoldsFromTheNextBurstOn) {
  EXPECT_TRUE(process(1000, {20'000}, 0).empty());
  detector_.set_rule({.threshold = {800'000'000}});
  const auto bursts = process(1001, {20'000, 0});
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].length(), 2ms);
  EXPECT_TRUE(process(2000, {20'000}).empty());
}

TEST_F(BurstTest, WhatHasTooFewBytesIsNone) {
  detector_.set_rule({.threshold = kThreshold, .least = {100'000}});
  EXPECT_TRUE(process(1000, {50'000, 49'999}).empty());
  const auto bursts = process(2000, {50'000, 50'000});
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].bytes.value, 100'000U);
}

TEST_F(BurstTest, WhatHasTooFewBytesSoFarCannotBeReadYetAndIsNoneAtTheEnd) {
  detector_.set_rule({.threshold = kThreshold, .least = {100'000}});
  EXPECT_TRUE(process(1000, {50'000}, 0).empty());
  EXPECT_FALSE(detector_.so_far());
  EXPECT_EQ(detector_.open_since(), 1000U);
  EXPECT_TRUE(process(1001, {50'000}, 0).empty());
  EXPECT_EQ(detector_.so_far()->bytes.value, 100'000U);
  EXPECT_TRUE(process(1002, {0}).size() == 1);
  EXPECT_TRUE(process(2000, {50'000}, 0).empty());
  EXPECT_FALSE(detector_.finish());
}

TEST_F(BurstTest, WhatHasTooFewBytesBeforeMissedWindowsIsNone) {
  detector_.set_rule({.threshold = kThreshold, .least = {100'000}});
  EXPECT_TRUE(process(1000, {50'000}, 0).empty());
  const MissedWindows missed{.from = 1001, .to = 1100, .bytes = {}, .packets = {}};
  EXPECT_TRUE(detector_.process({}, 1200, missed).empty());
}

// Of a link of 10 Mbit/s, the half: 625 bytes in a window, 15 000 in 24 of them.
class SlowLinkTest : public BurstTest {
 protected:
  SlowLinkTest() {
    detector_.set_rule({.threshold = {5'000'000}, .least = {100'000}, .span = {15'000}});
  }
  // One packet in each `period` windows.
  std::vector<Burst> packets(std::uint64_t count, std::uint64_t period) {
    std::vector<std::uint64_t> bytes;
    for (std::uint64_t i = 0; i < count; ++i) {
      bytes.push_back(1514);
      bytes.resize(bytes.size() + period - 1);
    }
    return process(1000, bytes, 100);
  }
};

TEST_F(SlowLinkTest, EvenTrafficBelowTheThresholdIsNoneThoughEachPacketsMillisecondIsOver) {
  EXPECT_TRUE(packets(2'000, 3).empty());  // 4.04 Mbit/s
}

TEST_F(SlowLinkTest, AFullLinkIsOneFromItsFirstPacketToItsLast) {
  const auto bursts = packets(100, 2);  // 6.06 Mbit/s
  ASSERT_EQ(bursts.size(), 1U);
  EXPECT_EQ(bursts[0].first, 1000U);
  EXPECT_EQ(bursts[0].last, 1198U);
  EXPECT_EQ(bursts[0].bytes.value, 151'400U);
  EXPECT_EQ(bursts[0].peak.value, 1514U);
}

TEST_F(SlowLinkTest, APauseEndsIt) {
  std::vector<std::uint64_t> bytes(100, 1514);
  bytes.resize(200);
  bytes.resize(300, 1514);
  const auto bursts = process(1000, bytes, 100);
  ASSERT_EQ(bursts.size(), 2U);
  EXPECT_EQ(bursts[0].last, 1099U);
  EXPECT_EQ(bursts[1].first, 1200U);
  EXPECT_EQ(bursts[1].bytes.value, 151'400U);
}

TEST_F(BurstTest, AYearOfSilenceTakesNoTime) {
  EXPECT_EQ(process(1000, {20'000}, 365ULL * 86'400'000).size(), 1U);
  EXPECT_EQ(process(1000 + 366ULL * 86'400'000, {20'000}).size(), 1U);
}

}  // namespace
}  // namespace cgtally
