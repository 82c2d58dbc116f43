// SPDX-License-Identifier: Apache-2.0
// No account that may still grow is retired, and none stays in the ledger for ever.
#include "core/traffic/account_expiry.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

Nanoseconds at(std::int64_t seconds) { return std::chrono::seconds{seconds}; }
InterfaceAccount key(std::uint64_t id, InterfaceKey iface = kEth) { return {iface, cgroup(id)}; }
RemovedCgroup removed(std::uint64_t id) {
  return {.cgroup_id = id, .removed = at(1), .released = std::nullopt};
}
RemovedCgroup released(std::uint64_t id) {
  return {.cgroup_id = id, .removed = at(1), .released = at(2)};
}
using Keys = std::vector<InterfaceAccount>;

TEST(AccountExpiryTest, LeavesTheLivingAndTheReasonsAlone) {
  AccountExpiry retiring;
  const std::vector<AccountTotals> accounts{{kEth, cgroup(7), sent(1)},
                                            {kEth, reason(AccountKind::kernel), sent(1)}};
  // A death of cgroup 0 cannot be; a reason has that id.
  EXPECT_EQ(retiring.due(accounts, {released(0), released(8)}, at(1000)), Keys{});
}

TEST(AccountExpiryTest, RetiresAReleasedCgroupAtOnceOnEachInterface) {
  AccountExpiry retiring;
  EXPECT_EQ(
      retiring.due({{kEth, cgroup(7), sent(1)}, {kLo, cgroup(7), sent(2)}}, {released(7)}, at(3)),
      (Keys{key(7), key(7, kLo)}));
}

TEST(AccountExpiryTest, RetiresARemovedCgroupAfterAMinuteWithoutAPacket) {
  AccountExpiry retiring;
  const std::vector<AccountTotals> accounts{{kEth, cgroup(7), sent(1)}};
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(500)), Keys{}) << "not known to be still";
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(559)), Keys{});
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(560)), Keys{key(7)});
}

TEST(AccountExpiryTest, BeginsTheMinuteAgainWithEachPacket) {
  AccountExpiry retiring;
  EXPECT_EQ(retiring.due({{kEth, cgroup(7), sent(1)}}, {removed(7)}, at(100)), Keys{});
  EXPECT_EQ(retiring.due({{kEth, cgroup(7), sent(2)}}, {removed(7)}, at(159)), Keys{});
  EXPECT_EQ(retiring.due({{kEth, cgroup(7), sent(2)}}, {removed(7)}, at(218)), Keys{});
  EXPECT_EQ(retiring.due({{kEth, cgroup(7), sent(2)}}, {removed(7)}, at(219)), Keys{key(7)});
}

TEST(AccountExpiryTest, DoesNotCountTheTimeBeforeTheRemoval) {
  AccountExpiry retiring;
  const std::vector<AccountTotals> accounts{{kEth, cgroup(7), sent(1)}};
  EXPECT_EQ(retiring.due(accounts, {}, at(0)), Keys{});
  EXPECT_EQ(retiring.due(accounts, {}, at(100)), Keys{});
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(101)), Keys{});
}

TEST(AccountExpiryTest, ForgetsAccountsThatHaveLeftTheLedger) {
  AccountExpiry retiring;
  const std::vector<AccountTotals> accounts{{kEth, cgroup(7), sent(1)}};
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(100)), Keys{});
  EXPECT_EQ(retiring.due({}, {removed(7)}, at(170)), Keys{});
  EXPECT_EQ(retiring.due(accounts, {removed(7)}, at(171)), Keys{}) << "it came back: late traffic";
}

}  // namespace
}  // namespace cgtally
