// SPDX-License-Identifier: Apache-2.0
// Socket dumps and samples come at different times; each retransmitted byte is in one row.
#include "core/traffic/tcp_columns.h"

#include <gtest/gtest.h>

#include "core/live/report.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

std::vector<Sample> rows(std::vector<std::uint64_t> cgroups) {
  std::vector<Sample> samples;
  for (const std::uint64_t cgroup : cgroups) {
    Sample sample;
    sample.cgroup_id = cgroup;
    samples.push_back(sample);
  }
  return samples;
}

class TcpColumnsTest : public testing::Test {
 protected:
  // A dump of one connection of cgroup 7 that has retransmitted `again` bytes in all.
  void dump(std::uint64_t again, bool complete = true) {
    connections_.update(
        {{.cookie = 1, .cgroup_id = 7, .rtt = 3ms, .min_rtt = 1ms, .retransmitted = {again}}},
        second(++now_));
    columns_.add(connections_, complete);
  }
  std::vector<Sample> filled(const std::vector<std::uint64_t>& cgroups) {
    auto samples = rows(cgroups);
    columns_.fill(samples);
    return samples;
  }

  TcpStats connections_;
  TcpColumns columns_;
  std::int64_t now_ = 0;
};

TEST_F(TcpColumnsTest, BeforeTheFirstDumpNothingIsKnown) {
  EXPECT_FALSE(filled({7})[0].tcp_connections);
  EXPECT_FALSE(filled({7})[0].retransmitted);
}

TEST_F(TcpColumnsTest, ReasonsAndEndedAccountsHaveNone) {
  dump(0);
  auto samples = rows({0, 7});
  samples[1].state = SampleState::exited;
  columns_.fill(samples);
  EXPECT_FALSE(samples[0].tcp_connections);
  EXPECT_FALSE(samples[1].tcp_connections);
}

TEST_F(TcpColumnsTest, WithoutSocketsThereAreNoConnectionsIfAllWereSeen) {
  dump(0);
  EXPECT_EQ(filled({9})[0].tcp_connections, 0U);
  EXPECT_EQ(filled({9})[0].retransmitted, Bytes{0});
  EXPECT_FALSE(filled({9})[0].queue_delay_p99);
  dump(0, false);
  EXPECT_FALSE(filled({9})[0].tcp_connections);
  EXPECT_EQ(filled({7})[0].tcp_connections, 1U);
}

TEST_F(TcpColumnsTest, RetransmittedBytesAreWrittenOnceAndTheRestInEachRow) {
  dump(100);
  columns_.commit(filled({7}));
  dump(130);
  const auto first = filled({7});
  EXPECT_EQ(first[0].retransmitted, Bytes{30});
  EXPECT_EQ(first[0].queue_delay_p99, Nanoseconds(2ms));
  columns_.commit(first);
  const auto between = filled({7});  // ten rows a second, one dump
  EXPECT_FALSE(between[0].retransmitted);
  EXPECT_EQ(between[0].tcp_connections, 1U);
}

TEST_F(TcpColumnsTest, RowsThatWereNotWrittenLeaveItToTheNext) {
  dump(100);
  columns_.commit(filled({7}));
  dump(130);
  (void)filled({7});
  dump(135);
  const auto later = filled({7});
  EXPECT_EQ(later[0].retransmitted, Bytes{35});
  columns_.commit(later);
  dump(135);
  EXPECT_EQ(filled({7})[0].retransmitted, Bytes{0});
}

TEST_F(TcpColumnsTest, AnIntervalWithoutARowLosesNothing) {
  dump(100);
  columns_.commit(filled({7}));
  dump(130);
  columns_.commit(filled({9}));
  dump(131);
  EXPECT_EQ(filled({7})[0].retransmitted, Bytes{31});
}

TEST(AccountLines, GetTheirConnectionsByNameAndReasonsNone) {
  std::vector<AccountLine> lines(4);
  lines[0].account = "/web";
  lines[1].account = "/idle";
  lines[2].account = "(kernel)";
  lines[3].account = "/gone";
  lines[3].exited_ago = 1s;
  TcpSummary web;
  web.connections = 5;
  web.queue_delay_p99 = 2ms;
  auto partly = lines;
  add_connections(partly, {{"/web", web}}, false);
  EXPECT_EQ(partly[0].connections, 5U);
  EXPECT_EQ(partly[0].queue_delay, Nanoseconds(2ms));
  EXPECT_FALSE(partly[1].connections);
  add_connections(lines, {{"/web", web}, {"/gone", web}}, true);
  EXPECT_EQ(lines[1].connections, 0U);
  EXPECT_FALSE(lines[2].connections);
  EXPECT_FALSE(lines[3].connections);
  EXPECT_EQ(shortlist(lines, 1).others->connections, 0U);
}

}  // namespace
}  // namespace cgtally
