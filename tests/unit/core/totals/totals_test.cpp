// SPDX-License-Identifier: Apache-2.0
// The table and the document of `cgtally totals`.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/totals/document.h"
#include "core/totals/report.h"
#include "core/totals/table.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TotalsRow row(std::string iface, std::string account, std::uint64_t id, std::uint64_t rx,
              std::uint64_t tx, TotalsState state = TotalsState::live) {
  return {.iface = std::move(iface),
          .cgroup_id = id,
          .account = std::move(account),
          .state = state,
          .totals = {.rx_bytes = {rx}, .rx_packets = {1}, .tx_bytes = {tx}, .tx_packets = {2}}};
}

TotalsReport report() {
  const Nanoseconds made{1'795'261'327'000'000'000};
  TotalsReport report{.taken = {.boot = 100s, .wall = made + 90s},
                      .host = "vm",
                      .ledger = "4a7f",
                      .since = {.boot = 10s, .wall = made},
                      .counting = true,
                      .rows = {row("ens5", "(kernel)", 0, 0, 1'000'000),
                               row("ens5", "/system.slice/redis.service", 7, 1'000'000, 97'000'000),
                               row("(gone)", "/old", 8, 0, 500'000, TotalsState::retired),
                               row("ens5", "/job", 9, 500'000, 0, TotalsState::exited),
                               row("ens5", "(not ip)", 0, 0, 0)}};
  report.rows.back().totals = {};
  arrange(report.rows, "");
  return report;
}

TEST(TotalsTable, RanksAccountsMarksTheEndedAndEndsWithTheSum) {
  const std::vector<std::string> expected = {
      "ACCOUNT                                STATE   IFACE         RX        TX  SHARE",
      "redis.service                                  ens5      1.0 MB   97.0 MB 98.0 %",
      "(kernel)                                       ens5         0 B    1.0 MB  1.0 %",
      "/job                                   ended   ens5    500.0 kB       0 B  0.5 %",
      "/old                                   retired (gone)       0 B  500.0 kB  0.5 %",
      "sum of 4 lines                                           1.5 MB   98.5 MB  100 %",
      "totals since 2026-11-21 11:42:07Z (1m30s), never reset; wire bytes, decimal"};
  EXPECT_EQ(totals_table(report(), 100, 80), expected);
}

TEST(TotalsSums, RowsOfOneNameAreOneAndTheOthersStay) {
  std::vector<TotalsRow> rows = {
      row("ens5", "/docker/1", 7, 100, 0, TotalsState::retired), row("ens5", "/docker/2", 8, 20, 0),
      row("(gone)", "/docker/1", 7, 3, 0, TotalsState::retired), row("ens5", "/docker/9", 9, 4, 0),
      row("ens5", "(kernel)", 0, 5, 0)};
  for (std::size_t i = 0; i < 3; ++i) rows[i].owner.container = "web";
  const auto summed = summed_by(Grouping::container, rows);
  ASSERT_EQ(summed.size(), 4U);
  EXPECT_EQ(summed[0].account, "container:web");
  EXPECT_EQ(summed[0].label(), "web");
  EXPECT_EQ(summed[0].cgroup_id, 0U);
  EXPECT_EQ(summed[0].totals.rx_bytes, Bytes{120});
  EXPECT_EQ(summed[0].state, TotalsState::live);
  EXPECT_EQ(summed[1].iface, "(gone)");
  EXPECT_EQ(summed[1].state, TotalsState::retired);
  EXPECT_EQ(summed[2].account, "/docker/9");
  EXPECT_EQ(sum_of(summed), sum_of(rows));
}

TEST(TotalsTable, SumsUpWhatIsBeyondTheTop) {
  const auto lines = totals_table(report(), 1, 80);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[2],
            "3 others                                               500.0 kB    1.5 MB  2.0 %");
}

TEST(TotalsTable, CutsPathsInTheMiddleAndKeepsThemDifferent) {
  TotalsReport two = report();
  const std::string pod = "/kubepods.slice/kubepods-pod";
  const std::string container = ".slice/container-1/redis.service";
  two.rows = {row("ens5", pod + "1111" + container, 1, 2, 3),
              row("ens5", pod + "2222" + container, 2, 2, 3)};
  const auto lines = totals_table(two, 100, 80);
  EXPECT_NE(lines[1].find("../redis.service~"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1], lines[2]);
  for (std::size_t width = 80; width < 200; ++width) {
    for (const std::string& line : totals_table(two, 100, width)) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(TotalsTable, SaysThatNothingWasCountedOrThatTheLedgerIsDown) {
  TotalsReport none = report();
  none.rows.clear();
  none.counting = false;
  const auto lines = totals_table(none, 100, 80);
  EXPECT_EQ(lines.front(), "nothing was counted yet on what is chosen");
  EXPECT_EQ(lines.back(),
            "the ledger is down: nothing is counted now; cgtally up goes on from here");
}

TEST(TotalsRows, AreOnlyThoseOfTheChosenAccounts) {
  TotalsReport some = report();
  arrange(some.rows, "(*");
  ASSERT_EQ(some.rows.size(), 1U);
  EXPECT_EQ(some.rows.front().account, "(kernel)");
}

TEST(TotalsDocument, HasTheSumOfAllAndTheAccountsOfTheTop) {
  EXPECT_EQ(totals_document(report(), 1),
            R"({"time":"2026-11-21T11:43:37.000000000Z","boot_ns":100000000000,"host":"vm",)"
            R"("ledger":"4a7f","since":"2026-11-21T11:42:07.000000000Z","counting":true,)"
            R"("sum":{"rx_bytes_total":1500000,"rx_packets_total":4,"tx_bytes_total":98500000,)"
            R"("tx_packets_total":8,"rx_connections_total":0,"tx_connections_total":0,)"
            R"("rx_resets_total":0,"tx_resets_total":0,"rx_data_packets_total":4,)"
            R"("tx_data_packets_total":8},"accounts":[)"
            "\n"
            R"({"iface":"ens5","cgroup_id":7,"account":"/system.slice/redis.service",)"
            R"("name":"redis.service","container":"","pod":"","namespace":"",)"
            R"("state":"live","rx_bytes_total":1000000,"rx_packets_total":1,)"
            R"("tx_bytes_total":97000000,"tx_packets_total":2,"rx_connections_total":0,)"
            R"("tx_connections_total":0,"rx_resets_total":0,"tx_resets_total":0,)"
            R"("rx_data_packets_total":1,"tx_data_packets_total":2})"
            "\n],\"shared_accounts\":[]}\n");
}

TEST(TotalsTable, NamesAccountsThatHavePacketsOfCgroupsBelow) {
  TotalsReport shared = report();
  shared.shared = {{.account = "/user.slice", .packets = 1200}};
  EXPECT_EQ(totals_table(shared, 100, 80).back(),
            "/user.slice: 1 200 packets of cgroups below it are in its account, for want of slots");
  EXPECT_TRUE(totals_document(shared, 1).ends_with(
      "],\"shared_accounts\":[\n{\"account\":\"/user.slice\",\"packets_of_others\":1200}\n]}\n"));
}

TEST(Json, QuotesAndEscapesWhateverAName) {
  EXPECT_EQ(json_string(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(json_string("\x1b\n\xff\u00e9"), "\"\\\\x1b\\\\x0a\\\\xff\u00e9\"");
}

TEST(Json, SeparatesValuesAndEmptyLists) {
  JsonWriter json;
  json.begin_object().key("a").begin_array().end_array();
  json.key("b").begin_array().value("x").value(false).end_array();
  json.key("c").begin_object().end_object().key("d").value(std::uint64_t{7}).end_object();
  EXPECT_EQ(std::move(json).document(), "{\"a\":[],\"b\":[\n\"x\",\nfalse\n],\"c\":{},\"d\":7}\n");
}

}  // namespace
}  // namespace cgtally
