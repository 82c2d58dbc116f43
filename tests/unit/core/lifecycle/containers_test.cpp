// SPDX-License-Identifier: Apache-2.0
// Which cgroups are containers, and what came late for those below.
#include "core/lifecycle/containers.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "unit/core/lifecycle/lives.h"

namespace cgtally::lifecycle {
namespace {

using namespace std::chrono_literals;

const std::string kScope = "/machine.slice/libpod-" + kContainerId + ".scope";

LateTraffic late(std::uint64_t packets, Nanoseconds first, Nanoseconds last,
                 std::uint64_t payload = 0, std::uint64_t connections = 0,
                 std::uint64_t resets = 0) {
  LateTraffic traffic;
  traffic.packets.value = packets;
  traffic.payload.value = payload;
  traffic.connections = connections;
  traffic.resets = resets;
  traffic.first = first;
  traffic.last = last;
  return traffic;
}

class ContainerLives : public testing::Test {
 protected:
  CgroupLife& add(std::uint64_t id, std::uint64_t parent, const std::string& path) {
    names_[id] = path;
    CgroupLife life;
    life.cgroup_id = id;
    life.parent_id = parent;
    lives_.push_back(life);
    return lives_.back();
  }
  [[nodiscard]] std::vector<ContainerLife> find(Grouping by = Grouping::cgroup) const {
    return container_lives(
        lives_,
        [this](std::uint64_t id) {
          // The registry knows the parents of those that are older than the ledger.
          return LifeName{.path = names_.at(id),
                          .shown = {.path = names_.at(id)},
                          .parent_id = id == 30 ? 20U : 0U};
        },
        by);
  }
  std::vector<CgroupLife> lives_;
  std::map<std::uint64_t, std::string> names_;
};

TEST_F(ContainerLives, WhatCameForCgroupsBelowIsTheContainersOwn) {
  add(1, 0, "/");
  add(10, 1, "/machine.slice");
  add(20, 10, kScope).late = late(1, 3s, 4s, 5);
  add(30, 0, kScope + "/container").late = late(2, 2s, 3s, 0, 2, 1);
  add(40, 30, kScope + "/container/inner").late = late(4, 9s, 9s);
  const auto found = find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].life.cgroup_id, 20U);
  EXPECT_EQ(found[0].life.late.packets.value, 7U);
  EXPECT_EQ(found[0].life.late.payload.value, 5U);
  EXPECT_EQ(found[0].life.late.connections, 2U);
  EXPECT_EQ(found[0].life.late.resets, 1U);
  EXPECT_EQ(found[0].life.late.first, Nanoseconds(2s));
  EXPECT_EQ(found[0].life.late.last, Nanoseconds(9s));
  EXPECT_EQ(found[0].cgroups, (std::vector<std::uint64_t>{20, 30, 40}));
}

TEST_F(ContainerLives, UnitsAreToldOnlyIfAskedFor) {
  add(1, 0, "/");
  add(10, 1, "/system.slice");
  add(20, 10, "/system.slice/redis.service");
  EXPECT_TRUE(find().empty());
  const auto found = find(Grouping::unit);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].unit);
}

CgroupLife ended_at(Nanoseconds end, const LateTraffic& all, const LateTraffic& before = {}) {
  CgroupLife life;
  life.ended = end;
  life.late = all;
  life.late_at_end = before;
  return life;
}

TEST(LateOfALife, PacketsOfTheLastSecondsBelongToTheEnd) {
  const Late found = late_of(
      ended_at(100s, late(9, 99'990ms, 102s, 0, 0, 9), late(2, 99'990ms, 99'995ms, 0, 0, 2)));
  EXPECT_EQ(found.packets.value, 9U);
  EXPECT_EQ(found.resets, 9U);
  ASSERT_TRUE(found.tail);
  EXPECT_EQ(found.tail->first, Nanoseconds(-10ms));
  EXPECT_EQ(found.tail->last, 2s);
}

TEST(LateOfALife, PacketsForAServiceThatWasGivenUpLongBeforeTheEndDoNotBelongToIt) {
  const Late found =
      late_of(ended_at(100s, late(9, 10s, 102s, 90, 0, 9), late(2, 10s, 11s, 20, 0, 1)));
  EXPECT_EQ(found.packets.value, 7U);
  EXPECT_EQ(found.payload.value, 70U);
  EXPECT_EQ(found.resets, 8U);
  ASSERT_TRUE(found.tail);
  EXPECT_FALSE(found.tail->first);
  EXPECT_EQ(found.tail->last, 2s);
}

TEST(LateOfALife, NothingAfterTheEndIsNothingLate) {
  const LateTraffic before = late(2, 10s, 11s);
  EXPECT_EQ(late_of(ended_at(100s, before, before)), Late{});
  EXPECT_EQ(late_of(ended_at(100s, {})), Late{});
}

}  // namespace
}  // namespace cgtally::lifecycle
