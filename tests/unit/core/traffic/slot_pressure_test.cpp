// SPDX-License-Identifier: Apache-2.0
// Who gives up a slot while slots are short: the idle, of the subtree that holds the most, and
// never more than is needed.
#include "core/traffic/slot_pressure.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRoot = 1;
constexpr std::uint32_t kSlots = 64;

// A table of slots, and cgroups with accounts on eth0. What is due is carried out.
class PressureTest : public testing::Test {
 protected:
  void add(std::uint64_t id, std::uint64_t parent, std::uint64_t bytes = 1000) {
    parents_[id] = parent;
    accounts_[{kEth, cgroup(id)}] = sent(bytes);
  }
  void send(std::uint64_t id) { accounts_[{kEth, cgroup(id)}] += sent(1000); }
  // `used` slots are in use, by the accounts here and by reasons.
  std::vector<AccountFold> due(std::uint32_t used, Nanoseconds now, std::size_t most = 1000) {
    std::vector<AccountTotals> reading;
    for (const auto& [key, totals] : accounts_) reading.push_back({key.iface, key.account, totals});
    return pressure_.due(
        reading, {.total = kSlots, .free = kSlots - used, .coming = coming_},
        {.parent_of = [this](std::uint64_t id) { return parent_of(id); }, .removed = removed_},
        most, now);
  }
  // How many slots are free afterwards that were not before.
  std::size_t carry_out(const std::vector<AccountFold>& folds) {
    const std::size_t before = accounts_.size();
    for (const AccountFold& fold : folds) {
      const auto moved = accounts_.extract(fold.account);
      EXPECT_FALSE(moved.empty());
      const Account into = fold.into == 0
                               ? reason(AccountKind::retired)
                               : Account{.kind = AccountKind::folded, .cgroup_id = fold.into};
      accounts_[{kEth, into}] += moved.mapped();
    }
    return before - accounts_.size();
  }
  static std::vector<std::uint64_t> ids(const std::vector<AccountFold>& folds) {
    std::vector<std::uint64_t> ids;
    for (const AccountFold& fold : folds) ids.push_back(fold.account.account.cgroup_id);
    return ids;
  }
  [[nodiscard]] std::optional<std::uint64_t> parent_of(std::uint64_t id) const {
    const auto found = parents_.find(id);
    return found == parents_.end() ? std::nullopt : std::optional(found->second);
  }

  SlotPressure pressure_;
  std::map<std::uint64_t, std::uint64_t> parents_{{kRoot, 0}};
  std::map<InterfaceAccount, Traffic> accounts_;
  std::set<std::uint64_t> removed_;
  std::uint32_t coming_ = 0;
};

using Ids = std::vector<std::uint64_t>;

TEST_F(PressureTest, NothingIsDueWhileAQuarterIsFreeOrComing) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  EXPECT_TRUE(due(48, 0s).empty());
  EXPECT_TRUE(due(48, 20min).empty());
  coming_ = 4;
  EXPECT_TRUE(due(52, 40min).empty());
  coming_ = 0;
  EXPECT_FALSE(due(52, 60min).empty());
}

TEST_F(PressureTest, TheLongestIdleGiveUpTheirsAfterTenMinutesAndAsManyAsAreNeeded) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  EXPECT_TRUE(due(50, 0s).empty());
  for (std::uint64_t id = 103; id < 140; ++id) send(id);
  EXPECT_TRUE(due(50, 1min).empty());
  EXPECT_TRUE(due(50, 9min).empty()) << "14 of 64 are free, which is more than an eighth";
  const auto folds = due(50, 10min);
  EXPECT_EQ(ids(folds), (Ids{100, 101, 102})) << "two slots, and one for the account of 10";
  EXPECT_EQ(folds[0].into, 10U);
  EXPECT_EQ(carry_out(folds), 2U);
  EXPECT_TRUE(due(48, 10min).empty());
}

TEST_F(PressureTest, TwoSecondsAreEnoughWhereLessThanAnEighthIsFree) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  (void)due(60, 0s);
  EXPECT_TRUE(due(60, 1s).empty());
  EXPECT_EQ(carry_out(due(60, 2s)), 4U);
}

TEST_F(PressureTest, AnInstantIsEnoughWhereNoneIsFree) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  (void)due(64, 0s);
  EXPECT_EQ(carry_out(due(64, 100ms)), 4U);
}

TEST_F(PressureTest, WhoSendsInEachIntervalKeepsItsSlot) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  for (Nanoseconds now = 0s; now < 3s; now += 100ms) {
    EXPECT_TRUE(due(64, now).empty());
    for (std::uint64_t id = 100; id < 140; ++id) send(id);
  }
}

TEST_F(PressureTest, TheSubtreeThatHoldsTheMostSlotsPaysAndNotWhoIsIdleForLonger) {
  for (std::uint64_t id = 200; id < 210; ++id) add(id, 20);  // services
  (void)due(64, 0s);
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);  // the crowd
  (void)due(64, 60s);
  const auto folds = due(64, 62s);
  EXPECT_EQ(carry_out(folds), 8U);
  for (const AccountFold& fold : folds) {
    EXPECT_GE(fold.account.account.cgroup_id, 100U);
    EXPECT_LT(fold.account.account.cgroup_id, 140U);
    EXPECT_EQ(fold.into, 10U);
  }
}

// /user (5) / user-1000 (50): a cgroup for each account, each in a cgroup of its own.
TEST_F(PressureTest, NestedCgroupsArePaidForByTheOneThatTheyAreBelow) {
  parents_[5] = kRoot;
  parents_[50] = 5;
  for (std::uint64_t id = 100; id < 140; ++id) {
    parents_[1000 + id] = 50;
    add(id, 1000 + id);
  }
  for (std::uint64_t id = 200; id < 205; ++id) add(id, 20);
  (void)due(64, 0s);
  const auto folds = due(64, 2s);
  EXPECT_EQ(carry_out(folds), 8U);
  for (const AccountFold& fold : folds) EXPECT_EQ(fold.into, 50U);
}

TEST_F(PressureTest, TwoCrowdsShareTheBurden) {
  for (std::uint64_t id = 100; id < 124; ++id) add(id, 10);
  for (std::uint64_t id = 200; id < 224; ++id) add(id, 20);
  (void)due(64, 0s);
  const auto folds = due(64, 2s);
  EXPECT_EQ(carry_out(folds), 8U);
  const auto of_first = std::ranges::count(folds, 10U, &AccountFold::into);
  EXPECT_GE(of_first, 4);
  EXPECT_LE(of_first, static_cast<std::ptrdiff_t>(folds.size()) - 2);
}

TEST_F(PressureTest, ASingleAccountBelowACgroupFreesNothingAndStays) {
  add(100, 10);
  add(200, 20);
  (void)due(64, 0s);
  const auto folds = due(64, 1h);
  EXPECT_EQ(folds.size(), 2U) << "both, into the account of the root: one slot";
  EXPECT_EQ(folds[0].into, kRoot);
  EXPECT_EQ(carry_out(folds), 1U);
  EXPECT_TRUE(due(63, 2h).empty());
}

TEST_F(PressureTest, RemovedCgroupsComeFirstAndGoToRetired) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  removed_ = {107, 120};
  (void)due(57, 0s);
  const auto folds = due(57, 2s);
  EXPECT_EQ(ids(folds), (Ids{107}));
  EXPECT_EQ(folds[0].into, 0U);
}

TEST_F(PressureTest, FoldedAccountsAreFoldedAgainButNeverOneThatTakesOthers) {
  for (std::uint64_t at = 0; at < 20; ++at) {
    parents_[1000 + at] = 10;
    accounts_[{kEth, {.kind = AccountKind::folded, .cgroup_id = 1000 + at}}] = sent(1000);
    add(100 + 2 * at, 1000 + at);
    add(101 + 2 * at, 1000 + at);
  }
  parents_[10] = kRoot;
  (void)due(64, 0s);
  for (int round = 1; round < 12; ++round) {
    const auto folds = due(64, round * 10s);
    std::set<std::uint64_t> taking;
    for (const AccountFold& fold : folds) taking.insert(fold.into);
    for (const AccountFold& fold : folds) {
      EXPECT_FALSE(fold.account.account.kind == AccountKind::folded &&
                   taking.contains(fold.account.account.cgroup_id));
    }
    (void)carry_out(folds);
  }
  EXPECT_EQ(accounts_.size(), 1U) << "all of them below 10, in the end";
  EXPECT_EQ(accounts_.begin()->second, sent(60'000));
}

TEST_F(PressureTest, ACgroupOfUnknownParentIsBelowTheRootAndACycleOfParentsEnds) {
  accounts_[{kEth, cgroup(100)}] = sent(1);
  accounts_[{kEth, cgroup(101)}] = sent(1);
  parents_[102] = 103;
  parents_[103] = 102;
  add(102, 103);
  (void)due(64, 0s);
  EXPECT_FALSE(due(64, 1h).empty());
}

TEST_F(PressureTest, NoMoreAreDueThanTheJournalHasRoomFor) {
  for (std::uint64_t id = 100; id < 140; ++id) add(id, 10);
  (void)due(64, 0s);
  EXPECT_EQ(due(64, 1h, 3).size(), 3U);
  EXPECT_TRUE(due(64, 2h, 0).empty());
}

}  // namespace
}  // namespace cgtally
