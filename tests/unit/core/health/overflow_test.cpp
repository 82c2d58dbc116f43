// SPDX-License-Identifier: Apache-2.0
// A full ledger is told when it first takes traffic from an account, once, with the cure.
#include "core/health/overflow.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/traffic.h"

namespace cgtally {
namespace {

std::vector<AccountTotals> overflow_of(std::uint64_t bytes) {
  return {{kEth, reason(AccountKind::overflow), traffic(bytes, 1, 0, 0)},
          {kEth, cgroup(7), traffic(5000, 5, 0, 0)}};
}

TEST(OverflowAlarm, SpeaksOnceWhenItFirstHappens) {
  OverflowAlarm alarm(OverflowAlarm::LedgerKind::own);
  EXPECT_EQ(alarm.update("a", overflow_of(0), 64), std::nullopt);
  EXPECT_EQ(
      alarm.update("a", overflow_of(1200), 64),
      "all 64 slots of the ledger are taken: 1.2 kB so far are on (overflow) and not on their "
      "own accounts; for more slots: --slots 256");
  EXPECT_EQ(alarm.update("a", overflow_of(9000), 64), std::nullopt);
}

TEST(OverflowAlarm, OfThisRunsOwnLedgerCountsWhatCameBeforeTheFirstReading) {
  OverflowAlarm alarm(OverflowAlarm::LedgerKind::own);
  EXPECT_TRUE(alarm.update("a", overflow_of(1), 64));
}

TEST(OverflowAlarm, OfAPinnedLedgerTellsOnlyWhatIsAdded) {
  OverflowAlarm alarm(OverflowAlarm::LedgerKind::pinned);
  EXPECT_EQ(alarm.update("a", overflow_of(1'000'000), 64), std::nullopt);
  EXPECT_EQ(alarm.update("a", overflow_of(1'000'000), 64), std::nullopt);
  EXPECT_EQ(alarm.update("a", overflow_of(1'000'500), 64),
            "all 64 slots of the ledger are taken: 500 B so far are on (overflow) and not on their "
            "own accounts; for more slots: cgtally down --forget; cgtally up --slots 256");
}

TEST(OverflowAlarm, SpeaksAgainOfANewLedger) {
  OverflowAlarm alarm(OverflowAlarm::LedgerKind::pinned);
  EXPECT_EQ(alarm.update("a", overflow_of(10), 64), std::nullopt);
  EXPECT_TRUE(alarm.update("a", overflow_of(20), 64));
  EXPECT_TRUE(alarm.update("b", overflow_of(5), 128)) << "its totals begin at zero";
}

TEST(MoreSlots, AreFourTimesAsManyButNotMoreThanThereMayBe) {
  EXPECT_EQ(more_slots(4096), 16384U);
  EXPECT_EQ(more_slots(524'288), kMostSlots);
}

}  // namespace
}  // namespace cgtally
