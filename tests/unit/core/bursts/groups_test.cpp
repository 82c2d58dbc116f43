// SPDX-License-Identifier: Apache-2.0
// Bursts that are alike as one: which are, when they are shown, and that none is lost.
#include "core/bursts/groups.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

NamedBurst pulse(Nanoseconds begin, std::uint64_t bytes = 1'000'000,
                 std::string account = "/redis") {
  NamedBurst one;
  one.burst.iface = "ens5";
  one.burst.direction = Direction::tx;
  one.burst.burst.first = static_cast<std::uint64_t>(begin / 1ms);
  one.burst.burst.last = one.burst.burst.first + 2;
  one.burst.burst.window = 1ms;
  one.burst.burst.bytes = {bytes};
  one.burst.burst.peak = {bytes / 2};
  one.account = std::move(account);
  return one;
}

class BurstGroupsTest : public testing::Test {
 protected:
  // Adds a burst and what it brings to shown_.
  void add(NamedBurst burst) {
    if (auto group = grouper_.add(std::move(burst))) shown_.push_back(*std::move(group));
  }
  void pass(Nanoseconds until) {
    for (BurstGroup& group : grouper_.pop_due(until)) shown_.push_back(std::move(group));
  }
  void finish() {
    for (BurstGroup& group : grouper_.finish()) shown_.push_back(std::move(group));
  }
  [[nodiscard]] std::uint64_t bursts() const {
    std::uint64_t sum = 0;
    for (const BurstGroup& group : shown_) sum += group.count;
    return sum;
  }
  BurstGrouper grouper_;
  std::vector<BurstGroup> shown_;
};

TEST_F(BurstGroupsTest, OfAMinuteWithSevenHundredAndFiftyPulsesAreNineLines) {
  for (int i = 0; i < 750; ++i) {
    add(pulse(100s + i * 80ms));
    pass(100s + i * 80ms);
  }
  finish();
  ASSERT_EQ(shown_.size(), 9U);
  EXPECT_EQ(bursts(), 750U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(shown_[i].count, 1U);
  EXPECT_EQ(shown_[3].count, 126U);
  EXPECT_EQ(shown_[3].begin, 100s + 3 * 80ms);
  EXPECT_EQ(shown_[3].length(), 125 * 80ms + 3ms);
  EXPECT_EQ(shown_[3].bytes.value, 126'000'000U);
  EXPECT_EQ(shown_[3].mean().value, 1'000'000U);
  EXPECT_EQ(shown_[3].peak.bits_per_second, 4'000'000'000U);
}

TEST_F(BurstGroupsTest, ThoseThatComeSeldomAreShownAtOnce) {
  for (int i = 0; i < 10; ++i) add(pulse(100s + i * 11s));
  EXPECT_EQ(shown_.size(), 10U);
  finish();
  EXPECT_EQ(shown_.size(), 10U);
}

TEST_F(BurstGroupsTest, AnotherAccountDirectionInterfaceOrCauseIsNotAlike) {
  for (int i = 0; i < 10; ++i) add(pulse(100s + i * 80ms));
  ASSERT_EQ(shown_.size(), 3U);
  NamedBurst other = pulse(101s);
  other.account = "/nginx";
  add(other);
  other = pulse(101s);
  other.burst.direction = Direction::rx;
  add(other);
  other = pulse(101s);
  other.burst.iface = "ens6";
  add(other);
  other = pulse(101s);
  other.burst.verdict.cause = BurstCause::ceiling;
  add(other);
  EXPECT_EQ(shown_.size(), 7U);
}

TEST_F(BurstGroupsTest, OfTwoSizesInTurnAreTwo) {
  for (int i = 0; i < 50; ++i) {
    add(pulse(100s + i * 80ms, 1'000'000));
    add(pulse(100s + i * 80ms + 40ms, 2'000'001));
  }
  finish();
  ASSERT_EQ(shown_.size(), 8U);
  EXPECT_EQ(bursts(), 100U);
  EXPECT_EQ(shown_[6].count, 47U);
  EXPECT_EQ(shown_[6].mean().value, 1'000'000U);
  EXPECT_EQ(shown_[7].mean().value, 2'000'001U);
}

TEST_F(BurstGroupsTest, AGroupIsShownTenSecondsAfterItsFirstThoughNoneComesAnyMore) {
  for (int i = 0; i < 5; ++i) add(pulse(100s + i * 80ms));
  pass(110'239ms);
  EXPECT_EQ(shown_.size(), 3U);
  pass(110'240ms);
  ASSERT_EQ(shown_.size(), 4U);
  EXPECT_EQ(shown_[3].count, 2U);
}

}  // namespace
}  // namespace cgtally
