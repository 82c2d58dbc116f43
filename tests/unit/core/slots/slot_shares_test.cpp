// SPDX-License-Identifier: Apache-2.0
// Who may take how many slots until the next look: less the deeper, never all, and never what is
// held by others.
#include "core/slots/slot_shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "unit/traffic.h"

namespace cgtally {
namespace {

constexpr std::uint32_t kAll = 4096;

// /10 /10/20 /10/20/30 /10/20/30/40 /10/20/30/40/50, and /11.
class SlotSharesTest : public testing::Test {
 protected:
  void hold(std::uint64_t parent, std::size_t slots, InterfaceKey iface = kEth) {
    for (std::size_t i = 0; i < slots; ++i) {
      parents_[++last_] = parent;
      accounts_.push_back({iface, cgroup(last_), sent(1)});
    }
  }
  std::map<std::uint64_t, SlotAllowance> share_out(std::uint32_t free) {
    std::map<std::uint64_t, SlotAllowance> all;
    for (const SlotAllowance& one :
         share_out_slots(claims_, accounts_, {.total = kAll, .free = free, .coming = 0},
                         [this](std::uint64_t id) { return parent_of(id); })) {
      all.emplace(one.cgroup_id, one);
    }
    return all;
  }
  [[nodiscard]] std::optional<std::uint64_t> parent_of(std::uint64_t id) const {
    const auto found = parents_.find(id);
    return found == parents_.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::uint64_t, std::uint64_t> parents_{{10, 1},  {11, 1},  {20, 10},
                                                  {30, 20}, {40, 30}, {50, 40}};
  std::uint64_t last_ = 1000;
  std::vector<AccountTotals> accounts_;
  std::vector<SlotClaims> claims_;
};

TEST_F(SlotSharesTest, AnEmptyLedgerHasAReserveAndTellsWhatIsFree) {
  const auto all = share_out(4096);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.at(1).allowed, 4096U - 128);
  EXPECT_EQ(all.at(1).free, 4096U);
}

TEST_F(SlotSharesTest, ASubtreeMayHoldLessTheDeeperItLies) {
  hold(50, 16);
  const auto all = share_out(1600);
  EXPECT_EQ(all.at(10).allowed, 1616U * 15 / 16 - 16);
  EXPECT_EQ(all.at(20).allowed, 1616U * 14 / 16 - 16);
  EXPECT_EQ(all.at(30).allowed, 1616U * 12 / 16 - 16);
  EXPECT_EQ(all.at(40).allowed, 1616U * 8 / 16 - 16);
  EXPECT_FALSE(all.contains(50)) << "too deep: it has no share of its own";
}

TEST_F(SlotSharesTest, WhatIsAllowedComesOnTopOfWhatWasTaken) {
  hold(10, 100);
  claims_ = {{.cgroup_id = 10, .made = 7000, .beyond = 0},
             {.cgroup_id = 1, .made = 9000, .beyond = 0}};
  const auto all = share_out(320);
  EXPECT_EQ(all.at(10).allowed, 7000U + 420 * 15 / 16 - 100);
  EXPECT_EQ(all.at(1).allowed, 9000U + 320 - 128);
}

TEST_F(SlotSharesTest, WhoHoldsMoreThanItsShareGetsNothing) {
  hold(10, 2000);
  EXPECT_EQ(share_out(100).at(10).allowed, 0U);
  EXPECT_EQ(share_out(100).at(1).allowed, 0U) << "the reserve";
}

TEST_F(SlotSharesTest, AllInterfacesCountTogether) {
  hold(10, 10);
  hold(10, 10, InterfaceKey{9});
  EXPECT_EQ(share_out(160).at(10).allowed, 180U * 15 / 16 - 20);
}

TEST_F(SlotSharesTest, CgroupsOfUnknownParentsAreOneSubtree) {
  hold(77, 5);
  hold(78, 5);
  EXPECT_EQ(share_out(160).at(kUnknownSubtree).allowed, 170U / 2 - 10);
}

TEST_F(SlotSharesTest, OnlyEntriesOfSubtreesWithoutSlotsMayGo) {
  hold(20, 1);
  claims_ = {{.cgroup_id = 1}, {.cgroup_id = 10}, {.cgroup_id = 11}, {.cgroup_id = 20}};
  EXPECT_EQ(
      claims_without_slots(claims_, accounts_, [this](std::uint64_t id) { return parent_of(id); }),
      (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(share_out(160).at(11).allowed, 150U) << "by its depth, as long as it has the entry";
}

}  // namespace
}  // namespace cgtally
