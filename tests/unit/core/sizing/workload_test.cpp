// SPDX-License-Identifier: Apache-2.0
// A recording as a workload: the sum over accounts and interfaces, moment by moment, from totals.
#include "core/sizing/workload.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally::sizing {
namespace {

using namespace std::chrono_literals;

class WorkloadTest : public testing::Test {
 protected:
  void add(std::int64_t at, const std::string& account, std::uint64_t total, std::uint64_t delta,
           const std::string& iface = "eth0") {
    ASSERT_TRUE(recorder_.add(row(at, account, total, delta, iface), "x.csv: line 2"));
  }
  static Sample row(std::int64_t at, const std::string& account, std::uint64_t total,
                    std::uint64_t delta, const std::string& iface = "eth0") {
    return {.taken = second(at),
            .interval = 1s,
            .host = "host",
            .ledger = "first",
            .iface = iface,
            .cgroup_id = 7,
            .account = account,
            .container = "",
            .pod = "",
            .k8s_namespace = "",
            .state = SampleState::live,
            .totals = sent(total),
            .delta = sent(delta)};
  }
  RecordedWorkload finish() { return std::move(recorder_).finish().value(); }

  WorkloadBuilder recorder_;
};

TEST_F(WorkloadTest, SumsAccountsAndInterfacesOfEachMoment) {
  add(1, "/a", 1000, 1000);
  add(1, "/b", 5000, 2000);
  add(1, "/a", 9000, 3000, "eth1");
  add(2, "/a", 2000, 1000);
  const RecordedWorkload recorded = finish();
  ASSERT_EQ(recorded.load.steps.size(), 2U);
  EXPECT_EQ(recorded.load.steps[0].traffic, sent(6000));
  EXPECT_EQ(recorded.load.steps[0].elapsed, 1s);
  EXPECT_EQ(recorded.load.steps[1].traffic, sent(1000));
  EXPECT_EQ(recorded.interfaces, (std::set<std::string>{"eth0", "eth1"}));
}

TEST_F(WorkloadTest, TakesTheTotalsWhereTheyContradictTheIntervalColumns) {
  add(1, "/a", 1000, 1000);
  add(2, "/a", 5000, 1000);
  EXPECT_EQ(finish().load.steps[1].traffic, sent(4000));
}

TEST_F(WorkloadTest, SpreadsWhatMovedInAGapOverTheGap) {
  add(1, "/a", 1000, 1000);
  add(11, "/a", 21'000, 1000);
  const RecordedWorkload recorded = finish();
  EXPECT_EQ(recorded.load.steps[1].elapsed, 10s);
  EXPECT_EQ(recorded.load.steps[1].traffic, sent(20'000));
  EXPECT_EQ(recorded.gaps.count, 1U);
}

TEST_F(WorkloadTest, CountsNoRetirementAsTraffic) {
  add(1, "(retired)", 1000, 0);
  add(2, "(retired)", 900'000, 0);
  EXPECT_TRUE(finish().load.total().empty());
}

TEST_F(WorkloadTest, PutsLedgersOneAfterTheOther) {
  add(500, "/a", 1000, 1000);
  Sample rebooted = row(3, "/a", 4000, 4000);
  rebooted.ledger = "second";
  rebooted.taken.wall = second(900).wall;
  ASSERT_TRUE(recorder_.add(rebooted, "x.csv: line 3"));
  const RecordedWorkload recorded = finish();
  EXPECT_EQ(recorded.ledgers, 2U);
  EXPECT_EQ(recorded.load.length(), 2s);
  EXPECT_EQ(recorded.load.steps[1].traffic, sent(4000));
}

TEST_F(WorkloadTest, RefusesTwoLedgersAtATime) {
  add(1, "/a", 1000, 1000);
  add(2, "/a", 2000, 1000);
  Sample other = row(2, "/a", 4000, 4000);
  other.ledger = "second";
  ASSERT_TRUE(recorder_.add(other, "x.csv: line 3"));
  const auto load = std::move(recorder_).finish();
  ASSERT_FALSE(load);
  EXPECT_EQ(load.error().failure, Failure::usage);
}

TEST_F(WorkloadTest, RefusesTwoHosts) {
  add(1, "/a", 1000, 1000);
  Sample other = row(2, "/a", 4000, 4000);
  other.host = "other";
  const auto added = recorder_.add(other, "x.csv: line 3");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().what, "the recording is of several hosts: host and other");
}

}  // namespace
}  // namespace cgtally::sizing
