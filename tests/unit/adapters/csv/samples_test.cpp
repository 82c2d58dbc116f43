// SPDX-License-Identifier: Apache-2.0
// The samples CSV: its columns are a contract, rows survive the way into text and back, and an
// error in a file names the line.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "adapters/csv/rfc4180.h"
#include "adapters/csv/samples.h"
#include "unit/traffic.h"

namespace cgtally::csv {
namespace {

Traffic example_delta() {
  Traffic delta = traffic(100, 1, 200, 2);
  delta.tcp = {.rx_connections = 3,
               .tx_connections = 4,
               .rx_resets = 5,
               .tx_resets = 6,
               .rx_without_data = {0},
               .tx_without_data = {2}};
  return delta;
}

Sample example() {
  return {
      .taken = {.boot = Nanoseconds{5'000'000'001}, .wall = Nanoseconds{1'795'261'327'000'000'042}},
      .interval = std::chrono::milliseconds{500},
      .host = "ip-10-0-3-17",
      .ledger = "4a7f",
      .iface = "ens5",
      .cgroup_id = 4711,
      .account = "/system.slice/redis.service",
      .container = "",
      .pod = "",
      .k8s_namespace = "",
      .state = SampleState::live,
      .totals = traffic(1000, 10, 2000, 20),
      .delta = example_delta(),
      .tcp_connections = 50,
      .queue_delay_p99 = std::chrono::microseconds{1200},
      .retransmitted = Bytes{7}};
}

std::string read_error(const std::string& text) {
  std::istringstream in(text);
  const auto samples = read_samples(in);
  return samples ? "no error" : samples.error().what + " | " + samples.error().hint;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(SamplesCsv, HasTheContractsColumnsInTheirOrder) {
  EXPECT_EQ(samples_header(),
            "time,boot_ns,interval_ns,host,ledger,iface,cgroup_id,account,container,pod,namespace,"
            "state,rx_bytes_total,rx_packets_total,tx_bytes_total,tx_packets_total,rx_bytes,"
            "rx_packets,tx_bytes,tx_packets,rx_bps,tx_bps,rx_pps,tx_pps,"
            "tcp_conns,queue_delay_us_p99,retrans_bytes,"
            "rx_connections,tx_connections,rx_resets,tx_resets,rx_data_packets,tx_data_packets\n");
}

TEST(SamplesCsv, WritesARowWithRatesOverTheMeasuredInterval) {
  EXPECT_EQ(
      samples_row(example()),
      "2026-11-21T11:42:07.000000042Z,5000000001,500000000,ip-10-0-3-17,4a7f,ens5,4711,"
      "/system.slice/redis.service,,,,live,1000,10,2000,20,100,1,200,2,1600,3200,2,4,50,1200,7,"
      "3,4,5,6,1,0\n");
}

TEST(SamplesCsv, LeavesRatesEmptyWhereNoTimeHasPassed) {
  Sample sample = example();
  sample.interval = {};
  EXPECT_TRUE(samples_row(sample).ends_with(",100,1,200,2,,,,,50,1200,7,3,4,5,6,1,0\n"));
}

TEST(SamplesCsv, WritesNoByteThatControlsATerminalAndTakesTheEscapeBackAsItIs) {
  Sample nasty = example();
  nasty.account = "/a\x1b[2J\n,\xff";
  nasty.iface = "e\a0";
  nasty.host = R"(a\x1b)";  // escaped where it came from
  const std::string row = samples_row(nasty);
  EXPECT_NE(row.find(R"(,"/a\x1b[2J\x0a,\xff",)"), std::string::npos) << row;
  EXPECT_EQ(std::ranges::count(row, '\n'), 1);
  std::istringstream in(samples_header() + row);
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->front().account, R"(/a\x1b[2J\x0a,\xff)");
  EXPECT_EQ(samples->front().iface, R"(e\x070)");
  EXPECT_EQ(samples->front().host, nasty.host);
}

TEST(SamplesCsv, ReadsALineBreakWithinQuotesAsEarlierVersionsWroteIt) {
  Sample sample = example();
  sample.account = "/a b";
  std::istringstream in(samples_header() + replaced(samples_row(sample), "/a b", "\"/a\nb\""));
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->front().account, "/a\nb");
}

TEST(SamplesCsv, BringsRowsBackAsTheyWere) {
  Sample nasty = example();
  nasty.account = "/a,b/\"quoted\"/c d";
  nasty.container = "web";
  nasty.pod = "shop/api";
  nasty.k8s_namespace = "prod";
  nasty.state = SampleState::reset;
  nasty.totals.tx_bytes = {18'446'744'073'709'551'615U};
  std::istringstream in(samples_header() + samples_row(example()) + samples_row(nasty));
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ(samples_row((*samples)[0]), samples_row(example()));
  EXPECT_EQ(samples_row((*samples)[1]), samples_row(nasty));
  EXPECT_EQ((*samples)[1].account, nasty.account);
  EXPECT_EQ((*samples)[1].totals, nasty.totals);
}

TEST(SamplesCsv, RowsInOneTextAreThoseThatEachSampleHasByItself) {
  Sample later = example();
  later.taken.boot += Nanoseconds{1};
  Sample longer = later;
  longer.interval += Nanoseconds{1};
  Sample elsewhere = longer;
  elsewhere.host = elsewhere.host.str() + "-2";
  Sample anew = elsewhere;
  anew.ledger = anew.ledger.str() + "-2";
  SampleRows rows;
  std::string each;
  for (const Sample& sample : {example(), example(), later, longer, elsewhere, anew, example()}) {
    rows.add(sample);
    each += samples_row(sample);
  }
  EXPECT_EQ(rows.text(), each);
}

TEST(SamplesCsv, FindsColumnsByNameAndPassesOverThoseOfLaterVersions) {
  std::string text = replaced(samples_header(), "tx_data_packets\n", "tx_data_packets,colour\n") +
                     replaced(samples_row(example()), "\n", ",77\n");
  text = replaced(text, "time,boot_ns", "boot_ns,time");
  text = replaced(text, "2026-11-21T11:42:07.000000042Z,5000000001",
                  "5000000001,2026-11-21T11:42:07Z");
  std::istringstream in(text);
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->front().taken.boot, Nanoseconds{5'000'000'001});
  EXPECT_EQ(samples->front().delta, example().delta);
}

TEST(SamplesCsv, WhatIsNotKnownOfConnectionsIsEmptyAndComesBackSo) {
  Sample sample = example();
  sample.tcp_connections = 0;
  sample.queue_delay_p99.reset();
  sample.retransmitted.reset();
  EXPECT_TRUE(samples_row(sample).ends_with(",2,4,0,,,3,4,5,6,1,0\n"));
  std::istringstream in(samples_header() + samples_row(sample) + samples_row(example()));
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->at(0).tcp_connections, 0U);
  EXPECT_FALSE(samples->at(0).queue_delay_p99);
  EXPECT_FALSE(samples->at(0).retransmitted);
  EXPECT_EQ(samples->at(1).queue_delay_p99, Nanoseconds(std::chrono::microseconds{1200}));
  EXPECT_EQ(samples->at(1).retransmitted, Bytes{7});
}

TEST(SamplesCsv, TcpsCountsComeBackOrAreNotKnown) {
  Sample unknown = example();
  unknown.has_tcp_counts = false;
  EXPECT_TRUE(samples_row(unknown).ends_with(",7,,,,,,\n"));
  std::istringstream in(samples_header() + samples_row(example()) + samples_row(unknown));
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->at(0).tcp_counts(), example_delta().tcp);
  EXPECT_FALSE(samples->at(1).tcp_counts());
  EXPECT_EQ(samples->at(1).delta, traffic(100, 1, 200, 2));
}

TEST(SamplesCsv, MorePacketsWithDataThanPacketsAreAnError) {
  const std::string row = replaced(samples_row(example()), ",3,4,5,6,1,0", ",3,4,5,6,2,0");
  EXPECT_EQ(read_error(samples_header() + row),
            "samples: line 2: rx_data_packets is '2', not at most its 1 packets | correct or "
            "delete that line");
}

TEST(SamplesCsv, RecordingsFromBeforeThereWereConnectionsAreRead) {
  std::istringstream in(samples_header().substr(0, samples_header().find(",tcp_conns")) + "\n" +
                        replaced(samples_row(example()), ",50,1200,7,3,4,5,6,1,0", ""));
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(samples->front().delta, traffic(100, 1, 200, 2));
  EXPECT_FALSE(samples->front().tcp_connections);
  EXPECT_FALSE(samples->front().tcp_counts());
}

TEST(SamplesCsv, UnderstandsCarriageReturnsAndRecordingsPutTogether) {
  std::string text = samples_header() + samples_row(example());
  text += text;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\r\n");
  }
  std::istringstream in(text);
  const auto samples = read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  EXPECT_EQ(samples->size(), 2U);
}

TEST(SamplesCsv, SaysWhichColumnOfWhichLineIsWrong) {
  const std::string row = samples_row(example());
  const std::string good = samples_header() + row;
  const auto broken = [&](const std::string& what, const std::string& with) {
    return read_error(good + replaced(row, what, with));
  };
  EXPECT_EQ(broken(",1000,", ",1e3,"),
            "samples: line 3: rx_bytes_total is '1e3', not a whole number of at most 64 bits | "
            "correct or "
            "delete that line");
  EXPECT_NE(broken(",2000,", ",-1,").find("line 3: tx_bytes_total is '-1'"), std::string::npos);
  EXPECT_NE(broken(",2000,", ",18446744073709551616,").find("tx_bytes_total"), std::string::npos);
  EXPECT_NE(broken(",20,", ",,").find("tx_packets_total is ''"), std::string::npos);
  EXPECT_NE(broken(",live,", ",alive,").find("state is 'alive', not live, exited or reset"),
            std::string::npos);
  EXPECT_NE(broken("2026-", "26-").find("line 3: time is '26-11"), std::string::npos);
  EXPECT_NE(broken(",500000000,", ",-5,").find("interval_ns is '-5'"), std::string::npos);
  EXPECT_NE(broken(",live,", ",\"live\"x,").find("line 3: text after a closing quote"),
            std::string::npos);
  EXPECT_NE(broken(",live,", ",\"live,").find("line 3: a quote that never closes"),
            std::string::npos);
}

TEST(SamplesCsv, SaysThatALastLineWasCutOff) {
  const std::string row = samples_row(example());
  const std::string error = read_error(samples_header() + row + row.substr(0, 60));
  EXPECT_NE(error.find("line 3: 4 fields, where the header has 33 (cut off)"), std::string::npos)
      << error;
}

TEST(SamplesCsv, RefusesARowOfAnotherWidth) {
  EXPECT_NE(read_error(samples_header() + "1,2,3\n").find("line 2: 3 fields"), std::string::npos);
  EXPECT_NE(read_error(samples_header() + replaced(samples_row(example()), "\n", ",1\n"))
                .find("line 2: 34 fields"),
            std::string::npos);
}

TEST(SamplesCsv, RefusesWhatIsNoRecording) {
  EXPECT_NE(read_error("").find("is empty"), std::string::npos);
  EXPECT_NE(read_error("start,dir,len\n1,2,3\n").find("line 1: the header has no column 'time'"),
            std::string::npos);
  EXPECT_NE(read_error(replaced(samples_header(), ",state", "")).find("no column 'state'"),
            std::string::npos);
  EXPECT_NE(read_error("\n").find("no column 'time'"), std::string::npos);
}

TEST(SamplesCsv, SaysWhyAFileCannotBeRead) {
  const auto missing = read_samples(std::string("/nonexistent/x.csv"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, "/nonexistent/x.csv: No such file or directory");
  const auto directory = read_samples(std::string("/tmp"));
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().what, "/tmp: Is a directory");
}

}  // namespace
}  // namespace cgtally::csv
