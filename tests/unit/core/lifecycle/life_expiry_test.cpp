// SPDX-License-Identifier: Apache-2.0
// What the ledger forgets of lives when its room for them runs short.
#include "core/lifecycle/life_expiry.h"

#include <gtest/gtest.h>

#include <chrono>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLifeRoom = 100;
constexpr Nanoseconds kLifeNow = 100h;

CgroupLife living(std::uint64_t id) {
  CgroupLife life;
  life.cgroup_id = id;
  life.begun = 1h;
  return life;
}

CgroupLife over(std::uint64_t id, Nanoseconds ended) {
  CgroupLife life = living(id);
  life.ended = ended;
  return life;
}

std::vector<std::uint64_t> forgotten(const std::vector<CgroupLife>& lives) {
  return lives_to_forget(lives, [](std::uint64_t id) { return id % 2 == 0; }, kLifeNow, kLifeRoom);
}

TEST(LifeExpiry, ForgetsNothingWhileAQuarterOfTheRoomIsFree) {
  std::vector<CgroupLife> lives;
  for (std::uint64_t id = 1; id <= 75; ++id) lives.push_back(over(id, 2h));
  EXPECT_TRUE(forgotten(lives).empty());
}

TEST(LifeExpiry, ForgetsThoseThatWereOverADayAgoAndNoOthersIfThatIsEnough) {
  std::vector<CgroupLife> lives;
  for (std::uint64_t id = 1; id <= 76; ++id) lives.push_back(over(id, 99h));
  lives[40].ended = 75h;
  lives[41].ended.reset();
  lives[41].removed = 70h;
  EXPECT_EQ(forgotten(lives), (std::vector<std::uint64_t>{42, 41}));
}

TEST(LifeExpiry, ForgetsTheOldestUntilHalfOfTheRoomIsFree) {
  std::vector<CgroupLife> lives;
  for (std::uint64_t id = 1; id <= 90; ++id) {
    lives.push_back(over(id, 99h + std::chrono::seconds(id)));
  }
  lives.push_back(living(91));
  const auto ids = forgotten(lives);
  ASSERT_EQ(ids.size(), 41U);
  EXPECT_EQ(ids.front(), 1U);
  EXPECT_EQ(ids.back(), 41U);
}

TEST(LifeExpiry, ForgetsLivingOnesWithoutAccountsAtLastAndNeverOneWithAnAccount) {
  std::vector<CgroupLife> lives;
  for (std::uint64_t id = 1; id <= 100; ++id) lives.push_back(living(id));
  const auto ids = forgotten(lives);
  EXPECT_EQ(ids.size(), 25U);
  for (const std::uint64_t id : ids) EXPECT_EQ(id % 2, 1U);
  for (CgroupLife& life : lives) life.cgroup_id *= 2;
  EXPECT_TRUE(forgotten(lives).empty());
}

}  // namespace
}  // namespace cgtally
