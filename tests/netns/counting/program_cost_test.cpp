// SPDX-License-Identifier: Apache-2.0
// What counting costs, by the kernel's statistics, without what these take themselves.
#include <chrono>

#include "adapters/bpf/programs/program_cost.h"
#include "adapters/sys/host.h"
#include "harness/ledger/counted.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class ProgramCostTest : public WireTest {};

TEST_F(ProgramCostTest, TheStatisticsPartOfARunIsMeasuredOnlyWhileTheyAreOn) {
  const auto statistics = bpf::run_time_statistics();
  ASSERT_TRUE(statistics) << statistics.error().what;
  const auto each = bpf::time_of_statistics();
  ASSERT_TRUE(each);
  EXPECT_GT(*each, 0ns);
  EXPECT_LT(*each, 100us);
}

TEST_F(ProgramCostTest, CountsEachRunAndLeavesOutWhatTheStatisticsTake) {
  Counted counted(wire_.host_end());
  auto& tally = counted.tally();
  EXPECT_EQ(tally.cost().runs, 0U);
  tally.measure_cost(true);
  Stream stream(wire_);
  stream.run();
  std::this_thread::sleep_for(300ms);
  stream.pause();
  tally.measure_cost(false);
  const CountingCost cost = tally.cost();
  EXPECT_GT(cost.runs, 100U);
  EXPECT_GE(cost.measured, 300ms);
  EXPECT_EQ(cost.cpus, sys::online_cpus());
  ASSERT_TRUE(cost.statistics);

  bpf::ProgramCost raw;
  for (const auto& one : tally.attachments()) raw += bpf::cost_of(one.program_ids);
  EXPECT_EQ(cost.runs, raw.runs);
  const Nanoseconds theirs = *cost.statistics * static_cast<std::int64_t>(raw.runs);
  EXPECT_EQ(cost.time, std::max(raw.time - theirs, 0ns));
  EXPECT_LT(cost.time, raw.time);
}

TEST_F(ProgramCostTest, NeitherRunsNorTimeGoOnWhileItIsNotMeasured) {
  Counted counted(wire_.host_end());
  auto& tally = counted.tally();
  tally.measure_cost(true);
  tally.measure_cost(false);
  const CountingCost before = tally.cost();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(tally.cost().measured, before.measured);
}

}  // namespace
}  // namespace cgtally::harness
