// SPDX-License-Identifier: Apache-2.0
// The last lines of a run.
#include "core/live/run_summary.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

Sample sample(std::string account, std::uint64_t id, std::uint64_t rx, std::uint64_t tx) {
  Sample result;
  result.iface = "eth0";
  result.account = std::move(account);
  result.cgroup_id = id;
  result.delta = {{rx}, {rx / 1000}, {tx}, {tx / 1000}};
  return result;
}

RunCost cost() {
  return {.duration = 15s,
          .program_runs = 4531,
          .program_time = 385us,
          .statistics_time = 31ns,
          .measured = 1500ms,
          .cpus = 2,
          .slots_used = 61,
          .slots_total = 4096,
          .ledger_bytes = 1'000'000};
}

TEST(Summary, SaysWhoMovedMostAndWhatItCost) {
  RunTotals totals;
  totals.add({sample("/a", 1, 1'000'000, 0), sample("(kernel)", 0, 0, 10'000)});
  totals.add({sample("/b", 2, 0, 2'990'000)});
  const std::vector<std::string> expected{
      "15.0 s on eth0: rx 1.0 MB in 1 000 packets, tx 3.0 MB in 3 000",
      "named     rx 100 %  tx 99.7 % of the bytes are on a cgroup",
      "top       /b                                      rx       0 B  tx    3.0 MB",
      "          /a                                      rx    1.0 MB  tx       0 B",
      "cost      84 ns per packet or super-packet, 0.03 % of a CPU: measured on 4 531 in 1.50 s",
      "          without the 31 ns that measuring takes of each",
      "slots     61/4096, 1.0 MB of memory",
  };
  EXPECT_EQ(totals.lines(cost(), 2), expected);
}

TEST(Summary, WithoutAPacketClaimsNoCostAndNoShare) {
  RunCost nothing = cost();
  nothing.program_runs = 0;
  const auto lines = RunTotals().lines(nothing, 5);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "named     rx -  tx - of the bytes are on a cgroup");
  EXPECT_TRUE(lines[2].starts_with("cost      not measured"));
}

TEST(Summary, AnOverflowIsReportedWithItsRemedy) {
  RunTotals totals;
  totals.add({sample("(overflow)", 0, 5000, 7000)});
  EXPECT_EQ(totals.lines(cost(), 1).back(),
            "slots     61/4096, 1.0 MB of memory: FULL, 12.0 kB are on (overflow); "
            "take more with --slots");
}

}  // namespace
}  // namespace cgtally
