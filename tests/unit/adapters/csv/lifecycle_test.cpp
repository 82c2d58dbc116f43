// SPDX-License-Identifier: Apache-2.0
// The lifecycle CSV: what is written is what is read.
#include "adapters/csv/lifecycle/lifecycle.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace cgtally::csv {
namespace {

using namespace std::chrono_literals;
using lifecycle::Row;

Row an_end() {
  Row row;
  row.at = {.boot = 100s, .wall = 1'700'000'000s};
  row.host = "h";
  row.ledger = "l";
  row.event = lifecycle::Event::ended;
  row.cgroup_id = 7;
  row.account = "/docker/x";
  row.owner = {.container = "app", .pod = "mirror-0", .k8s_namespace = "shop"};
  row.name = "shop/mirror/app";
  row.lived = 90s;
  row.totals = Traffic{.rx_bytes = Bytes{1000},
                       .rx_packets = Packets{10},
                       .tx_bytes = Bytes{2000},
                       .tx_packets = Packets{20}};
  row.totals->tcp.rx_connections = 3;
  row.totals->tcp.tx_resets = 4;
  row.totals->tcp.rx_without_data = Packets{6};
  row.late.packets = Packets{5};
  row.late.payload = Bytes{50};
  row.late.connections = 2;
  row.late.resets = 1;
  row.late.tail = lifecycle::Tail{.first = -3ms, .last = 1'480ms};
  row.pod.emplace();
  row.pod->state = "quiet";
  row.pod->refused = 148;
  row.pod->refused_before = 2;
  row.pod->tail = lifecycle::Tail{.first = std::nullopt, .last = 1'400ms};
  row.pod->resets = 150;
  row.pod->siblings = 2;
  row.pod->names = "log, proxy";
  row.pod->traffic.rx_bytes = Bytes{9000};
  row.pod->traffic.rx_packets = Packets{90};
  row.pod->traffic.tcp.rx_connections = 1;
  row.pod->quiet = 1'500ms;
  row.extent = lifecycle::Extent::so_far;
  return row;
}

std::vector<Row> read_rows_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<Row> rows;
  const auto read = for_each_lifecycle_row(in, "a.csv", [&](const Row& row) {
    rows.push_back(row);
    return Result<void>{};
  });
  EXPECT_TRUE(read) << read.error().what;
  return rows;
}

TEST(LifecycleCsv, AnEndIsReadAsItWasWritten) {
  const Row row = an_end();
  const auto rows = read_rows_of(lifecycle_header() + lifecycle_row(row));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at.boot, row.at.boot);
  EXPECT_EQ(rows[0].at.wall, row.at.wall);
  EXPECT_EQ(rows[0].event, row.event);
  EXPECT_EQ(rows[0].name, row.name);
  EXPECT_EQ(rows[0].owner, row.owner);
  EXPECT_EQ(rows[0].lived, row.lived);
  EXPECT_EQ(rows[0].totals, row.totals);
  EXPECT_EQ(rows[0].late, row.late);
  EXPECT_EQ(rows[0].pod, row.pod);
  EXPECT_EQ(rows[0].extent, row.extent);
  EXPECT_EQ(lifecycle_row(rows[0]), lifecycle_row(row));
}

TEST(LifecycleCsv, WhatIsNotKnownIsEmpty) {
  Row row = an_end();
  row.lived.reset();
  row.totals.reset();
  row.pod.reset();
  row.late = {};
  Row begun = row;
  begun.event = lifecycle::Event::begun;
  const auto rows = read_rows_of(lifecycle_header() + lifecycle_row(begun) + lifecycle_row(row));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].event, lifecycle::Event::begun);
  EXPECT_FALSE(rows[1].totals);
  EXPECT_FALSE(rows[1].pod);
  EXPECT_FALSE(rows[1].lived);
  EXPECT_EQ(rows[1].late, lifecycle::Late{});
}

TEST(LifecycleCsv, ColumnsThatALaterVersionAppendsAreIgnored) {
  std::string header = lifecycle_header();
  std::string line = lifecycle_row(an_end());
  header.insert(header.size() - 1, ",later");
  line.insert(line.size() - 1, ",1");
  EXPECT_TRUE(is_lifecycle_header(header));
  EXPECT_EQ(read_rows_of(header + line).size(), 1U);
}

TEST(LifecycleCsv, AFieldThatCannotBeReadIsNamedWithItsLine) {
  std::string line = lifecycle_row(an_end());
  line.replace(line.find(",148,"), 5, ",many,");
  std::istringstream in(lifecycle_header() + line);
  const auto read = for_each_lifecycle_row(in, "a.csv", [](const Row&) { return Result<void>{}; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what,
            "a.csv: line 2: refused is 'many', not a whole number of at most 64 bits");
}

}  // namespace
}  // namespace cgtally::csv
