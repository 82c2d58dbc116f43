// SPDX-License-Identifier: Apache-2.0
// Retired accounts get back what is in (retired), and the sum stays what the ledger says.
#include "core/totals/retired_accounts.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "unit/traffic.h"

namespace cgtally {
namespace {

constexpr InterfaceKey kOld{7};  // the ledger no longer has this interface
constexpr Account kRetired{.kind = AccountKind::retired, .cgroup_id = 0};
constexpr Account kKernel{.kind = AccountKind::kernel, .cgroup_id = 0};

Traffic received(std::uint64_t bytes, std::uint64_t packets = 1) {
  return traffic(bytes, packets, 0, 0);
}

class LifetimeTotalsTest : public testing::Test {
 protected:
  std::map<std::pair<InterfaceKey, Account>, LifetimeTotals> totals(
      FoldedTotals folded = FoldedTotals::stay) {
    std::map<std::pair<InterfaceKey, Account>, LifetimeTotals> by_key;
    Traffic before;
    for (const AccountTotals& one : accounts) before += one.totals;
    Traffic after;
    for (const LifetimeTotals& one : lifetime_totals(
             accounts, final_totals, {kEth},
             [this](std::uint64_t id) { return !nameless.contains(id); }, folded)) {
      by_key.emplace(std::pair(one.iface, one.account), one);
      after += one.totals;
    }
    EXPECT_EQ(after, before) << "the sum is the ledger's";
    return by_key;
  }

  std::vector<AccountTotals> accounts;
  std::vector<FinalTotals> final_totals;
  std::set<std::uint64_t> nameless;
};

TEST_F(LifetimeTotalsTest, ARetiredAccountHasItsOwnLineAndIsTakenOutOfTheSum) {
  accounts = {{kEth, cgroup(5), received(50)}, {kEth, kRetired, received(70, 3)}};
  final_totals = {{kEth, cgroup(8), received(30)}};
  const auto all = totals();
  EXPECT_EQ(all.at({kEth, cgroup(8)}).totals, received(30));
  EXPECT_TRUE(all.at({kEth, cgroup(8)}).retired);
  EXPECT_EQ(all.at({kEth, kRetired}).totals, received(40, 2)) << "of accounts without a name";
  EXPECT_FALSE(all.at({kEth, cgroup(5)}).retired);
}

TEST_F(LifetimeTotalsTest, WhatWasFoldedIsGivenBackWhereNamesAreSummed) {
  const Account folded{.kind = AccountKind::folded, .cgroup_id = 5};
  accounts = {{kEth, cgroup(8), received(1)},
              {kEth, folded, received(30)},
              {kEth, kRetired, received(100)}};
  final_totals = {{kEth, cgroup(8), received(20, 0), true, 5},
                  {kEth, folded, received(20, 0)},
                  {kEth, cgroup(9), received(30, 0), true, 5}};
  const auto all = totals(FoldedTotals::give_back);
  EXPECT_EQ(all.at({kEth, cgroup(8)}).totals, received(21));
  EXPECT_EQ(all.at({kEth, cgroup(9)}).totals, received(30, 0));
  EXPECT_FALSE(all.at({kEth, cgroup(9)}).retired) << "it only sleeps";
  EXPECT_EQ(all.at({kEth, kRetired}).totals, received(80));
}

TEST_F(LifetimeTotalsTest, WhatAFoldedAccountHadStaysInTheFoldedOneAndNotInRetired) {
  const Account folded{.kind = AccountKind::folded, .cgroup_id = 5};
  accounts = {{kEth, cgroup(8), received(1)},
              {kEth, folded, received(30)},
              {kEth, kRetired, received(70, 2)}};
  final_totals = {{kEth, cgroup(8), received(30), true}};
  const auto all = totals();
  EXPECT_EQ(all.at({kEth, cgroup(8)}).totals, received(1));
  EXPECT_EQ(all.at({kEth, folded}).totals, received(30));
  EXPECT_EQ(all.at({kEth, kRetired}).totals, received(70, 2));
}

TEST_F(LifetimeTotalsTest, AnAccountThatBeganAgainHasTheTrafficOfAllItsLives) {
  accounts = {{kEth, cgroup(8), received(1)}, {kEth, kRetired, received(70, 2)}};
  final_totals = {{kEth, cgroup(8), received(30)}, {kEth, cgroup(8), received(40)}};
  const auto all = totals();
  EXPECT_EQ(all.at({kEth, cgroup(8)}).totals, received(71, 3));
  EXPECT_FALSE(all.at({kEth, cgroup(8)}).retired);
  EXPECT_TRUE(all.at({kEth, kRetired}).totals.empty());
}

TEST_F(LifetimeTotalsTest, ACgroupWithoutANameStaysInTheSum) {
  accounts = {{kEth, kRetired, received(30)}};
  final_totals = {{kEth, cgroup(8), received(30)}};
  nameless = {8};
  const auto all = totals();
  EXPECT_FALSE(all.contains({kEth, cgroup(8)}));
  EXPECT_EQ(all.at({kEth, kRetired}).totals, received(30));
}

// (retired) of the interface had taken account 8 before it went itself.
TEST_F(LifetimeTotalsTest, AccountsOfAnInterfaceThatHasGoneAreOnGoneAndCountOnce) {
  accounts = {{kGoneInterface, kRetired, received(100, 3)}};
  final_totals = {{kOld, cgroup(8), received(30)},
                  {kOld, cgroup(9), received(50)},
                  {kOld, kKernel, received(20)},
                  {kOld, kRetired, received(30)}};
  const auto all = totals();
  EXPECT_EQ(all.at({kGoneInterface, cgroup(8)}).totals, received(30));
  EXPECT_EQ(all.at({kGoneInterface, cgroup(9)}).totals, received(50));
  EXPECT_EQ(all.at({kGoneInterface, kKernel}).totals, received(20));
  EXPECT_TRUE(all.at({kGoneInterface, kRetired}).totals.empty());
}

TEST_F(LifetimeTotalsTest, FinalTotalsThatExceedTheSumChangeNothing) {
  accounts = {{kEth, kRetired, received(30)}, {kEth, kKernel, received(2)}};
  final_totals = {{kEth, cgroup(8), received(31)}};
  const auto all = totals();
  EXPECT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at({kEth, kRetired}).totals, received(30));
}

TEST_F(LifetimeTotalsTest, FinalTotalsWithoutASumAreNotCounted) {
  accounts = {{kEth, kKernel, received(2)}};
  final_totals = {{kEth, cgroup(8), received(31)}};
  EXPECT_EQ(totals().size(), 1U);
}

}  // namespace
}  // namespace cgtally
