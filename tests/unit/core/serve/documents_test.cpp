// SPDX-License-Identifier: Apache-2.0
// What a scraper and a client of the API get, in full: names, labels, order and escapes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/serve/api/api_document.h"
#include "core/serve/metrics/metrics_document.h"
#include "core/serve/recent_windows.h"
#include "unit/traffic.h"

namespace cgtally::serve {
namespace {

using namespace std::chrono_literals;

NamedBurst some_burst() {
  NamedBurst named;
  named.burst.iface = "eth0";
  named.burst.direction = Direction::tx;
  Burst& burst = named.burst.burst;
  burst.first = 100;
  burst.last = 111;
  burst.window = 1ms;
  burst.bytes = {7'310'000};
  burst.peak = {700'000};
  named.burst.verdict = {.cause = BurstCause::ceiling, .reason = "flat at the limit"};
  named.wall = second(7).wall;
  named.account = "/redis.service";
  named.label = "redis.service";
  return named;
}

DirectionCredit some_credit(Direction direction) {
  DirectionCredit credit;
  credit.direction = direction;
  credit.state = direction == Direction::tx ? CreditState::draining : CreditState::full;
  credit.terms.baseline = {64'000'000};
  credit.terms.burst = {5'000'000'000};
  credit.balance = {.lo = 1e9, .hi = 1.5e9};
  credit.capacity = {.lo = 2e9};
  credit.share = {.lo = 0.25, .hi = 0.5};
  if (direction == Direction::tx) credit.empty = TimeToEmpty{.lo_s = 12.5, .hi_s = std::nullopt};
  return credit;
}

lifecycle::Row some_end() {
  lifecycle::Row row;
  row.at = second(6);
  row.event = lifecycle::Event::ended;
  row.account = "/kubepods/x";
  row.owner = {.container = "app", .pod = "api-1", .k8s_namespace = "shop"};
  row.name = "shop/api/app";
  row.lived = 187s;
  row.late = {.packets = {137}, .payload = {10}, .connections = 137, .resets = 137, .tail = {}};
  return row;
}

NodeState some_state() {
  NodeState state;
  state.version = "1.2.3";
  state.abi = 3;
  state.host = "node-1";
  state.every = 1s;
  state.taken = second(10);
  state.interval = 1s;
  state.sequence = 17;
  state.ledger = {.id = "4f3c",
                  .summary = {.since = second(2), .slots_used = 3, .slots_total = 64}};
  state.keeper = KeeperFacts{.up = true, .last_active = second(10).wall};
  state.process = {.cpu = 1250ms, .resident_bytes = 18'000'000, .started = second(3).wall};
  const ContainerName owner{.container = "app", .pod = "api-1", .k8s_namespace = "shop"};
  state.series.accounts = {
      {.iface = "eth0", .account = "/a\"b\\x5c", .counter = {sent(1000), second(2).wall}},
      {.iface = "eth0",
       .account = "/kubepods/x",
       .owner = owner,
       .counter = {sent(2000), second(4).wall}}};
  state.series.interfaces = {
      {.iface = "eth0", .all = {sent(3500), second(2).wall}, .listed = sent(3000)}};
  state.series.exported = 2;
  AccountLine line;
  line.account = "/kubepods/x";
  line.label = "shop/api-1 app";
  line.moved = sent(1000);
  line.rates = rates(sent(1000), 1s);
  line.totals = sent(2000);
  line.connections = 12;
  line.queue_delay = 1400us;
  line.owner = owner;
  AccountLine kernel;
  kernel.account = "(kernel)";
  kernel.totals = sent(10);
  state.accounts = {line, kernel};
  state.tcp = {{.account = "/kubepods/x",
                .owner = owner,
                .connections = 12,
                .queue_delay = 1400us,
                .retransmitted = 99}};
  InterfaceLine interface;
  interface.name = "eth0";
  interface.rates = rates(sent(1000), 1s);
  interface.named = {.rx = 1, .tx = 0.5};
  interface.seen = 0.999;
  state.interfaces = {{.line = interface, .totals = sent(3500)}};
  state.named["eth0"] = {.rx = std::nullopt, .tx = 0.75};
  BurstCounters counters;
  counters.name_interface("eth0");
  counters.add(some_burst().burst);
  state.bursts.emplace();
  state.bursts->window = 1ms;
  state.bursts->last_minute = 1;
  state.bursts->counts = counters.counts();
  state.bursts->recent = {{.id = 5, .burst = some_burst()}};
  state.bursts->last_second = {{.iface = "eth0",
                                .end = second(10).wall,
                                .cell = 1ms,
                                .bytes = {.rx = {0, 1}, .tx = {2, 3}}}};
  state.credits.emplace();
  state.credits->instance = {.name = "t4g.micro", .source = "DMI", .remark = ""};
  state.credits->directions = {.rx = some_credit(Direction::rx), .tx = some_credit(Direction::tx)};
  state.allowance_totals = {{.iface = "eth0", .counter = AllowanceCounter::bw_out, .total = 37}};
  AllowanceSummary exceeded;
  exceeded.counter = AllowanceCounter::bw_out;
  exceeded.there = true;
  exceeded.last_minute = 3;
  exceeded.total = 37;
  exceeded.verdict = AllowanceVerdict::sporadic;
  state.allowances = {exceeded};
  EndCounters ends(10);
  ends.add(some_end());
  state.ends = EndFigures{.counts = ends.counts(), .recent = {{.id = 1, .row = some_end()}}};
  state.notices = {"a sentence"};
  return state;
}

const ServerFacts kServer{.connections = 2, .refused = 1, .requests = {{200, 7}, {404, 1}}};

// The expected texts are files, written anew with CGTALLY_WRITE_GOLDEN=1.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path =
      std::string(CGTALLY_SOURCE_DIR) + "/tests/unit/core/serve/expected/" + name;
  if (std::getenv("CGTALLY_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, expected.str()) << path;
}

TEST(MetricsDocumentTest, IsWhatTheDocumentationSays) {
  expect_golden("metrics.txt", metrics_document(some_state(), kServer, ExpositionFormat::classic));
}

TEST(MetricsDocumentTest, InOpenMetricsHasCreatedTimestampsAndAnEnd) {
  expect_golden("metrics.openmetrics",
                metrics_document(some_state(), kServer, ExpositionFormat::openmetrics));
}

TEST(MetricsDocumentTest, LeavesOutWhatIsNotKnown) {
  NodeState state;
  const std::string text = metrics_document(state, {}, ExpositionFormat::classic);
  EXPECT_EQ(text.find("cgtally_keeper"), std::string::npos);
  EXPECT_EQ(text.find("cgtally_credit"), std::string::npos);
  EXPECT_EQ(text.find("cgtally_burst"), std::string::npos);
  EXPECT_EQ(text.find("cgtally_allowance"), std::string::npos);
}

TEST(ApiDocumentTest, IsWhatTheDocumentationSays) {
  expect_golden("snapshot.json", api_document(some_state(), kServer, {}));
}

TEST(ApiDocumentTest, APartIsBesideTheFirstThreeKeysAlone) {
  const std::string text = api_document(some_state(), kServer, {.parts = kAccounts, .top = 1});
  EXPECT_TRUE(text.starts_with(
      R"({"time":"2026-11-18T11:06:50.000Z","interval_s":1,"sequence":17,"accounts":[)"))
      << text;
  EXPECT_NE(text.find(R"("other_accounts":{"count":1,)"), std::string::npos) << text;
  EXPECT_EQ(text.find("status"), std::string::npos);
}

TEST(ApiDocumentTest, AnEventHasOnlyWhatIsNewSinceTheLast) {
  const std::string text =
      api_document(some_state(), kServer, {.bursts_after = 5, .ends_after = 1});
  EXPECT_NE(text.find(R"("recent":[])"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("lifecycle":[])"), std::string::npos) << text;
}

TEST(ExpositionTest, ScrapersGetTheFormatThatTheyAskFor) {
  EXPECT_EQ(accepted_format("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), ExpositionFormat::classic);
  EXPECT_EQ(accepted_format("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
            ExpositionFormat::openmetrics);
}

TEST(RecentWindowsTest, CellsAreMillisecondsAndThoseWithoutAWindowAreZero) {
  RecentWindows windows(100us);
  const auto window = [](std::uint64_t index, std::uint64_t bytes) {
    return TrafficWindow{
        .window_index = index, .bytes = {bytes}, .packets = {}, .error = {}, .shares = {}};
  };
  windows.add({window(20'000, 5), window(20'009, 6), window(20'010, 7)});
  const auto cells = windows.cells(2002ms);
  ASSERT_EQ(cells.size(), 1000);
  EXPECT_EQ(cells[998], 11);
  EXPECT_EQ(cells[999], 7);
  EXPECT_EQ(cells[997], 0);
  EXPECT_EQ(windows.known_until(2300ms), 2050ms);
}

}  // namespace
}  // namespace cgtally::serve
