// SPDX-License-Identifier: Apache-2.0
// The screen, the lines and the CSV rows that are made from a CreditReport.
#include "core/credits/screen.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/csv/credits.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

DirectionCredit draining() {
  DirectionCredit credit;
  credit.direction = Direction::tx;
  credit.state = CreditState::draining;
  credit.terms = {.baseline = {64'000'000},
                  .burst = {5'000'000'000},
                  .capacity = {.lo = 13e9, .hi = 53e9},
                  .capacity_basis = Basis::prior};
  credit.rate = {281'000'000};
  credit.mean = {281'000'000};
  credit.balance = {.lo = 4e9, .hi = 44e9};
  credit.capacity = {.lo = 13e9, .hi = 53e9};
  credit.share = {.lo = 4.0 / 13, .hi = 44.0 / 53};
  credit.empty = TimeToEmpty{.lo_s = 148, .hi_s = 1620};
  credit.top_accounts = {.named = {{"/system.slice/redis.service", 0.964}, {"/pod/api", 0.021}},
                         .other_count = 7,
                         .other_share = 0.015};
  credit.evidence = {"oldest", "full at 09:12:04Z (TOLD)",
                     "9.0 GB above baseline since (MEASURED)"};
  return credit;
}

CreditReport report() {
  CreditReport report;
  report.taken = second(100);
  report.host = "node";
  report.instance = {.name = "t4g.micro", .source = "DMI", .remark = ""};
  report.directions.tx = draining();
  report.directions.rx = draining();
  report.directions.rx.direction = Direction::rx;
  report.directions.rx.state = CreditState::full;
  report.directions.rx.rate = {6'200'000};
  report.directions.rx.mean = {6'200'000};
  report.directions.rx.balance = {.lo = 13e9, .hi = 53e9};
  report.directions.rx.share = {.lo = 1, .hi = 1};
  report.directions.rx.empty.reset();
  report.directions.rx.top_accounts = {};
  report.directions.rx.evidence.clear();
  return report;
}

bool contains(const std::vector<std::string>& lines, const std::string& text) {
  return std::ranges::any_of(lines, [&](const auto& line) { return line.find(text) != line.npos; });
}

TEST(CreditGauge, TellsWhatIsSurePossibleAndSpent) {
  EXPECT_EQ(credit_gauge({.lo = 0, .hi = 1}, 10), "??????????");
  EXPECT_EQ(credit_gauge({.lo = 1, .hi = 1}, 10), "##########");
  EXPECT_EQ(credit_gauge({.lo = 0, .hi = 0}, 10), "..........");
  EXPECT_EQ(credit_gauge({.lo = 0.2, .hi = 0.5}, 10), "##???.....");
}

TEST(CreditGauge, NeverCallsWhatIsOnlyPossibleSure) {
  EXPECT_EQ(credit_gauge({.lo = 0.19, .hi = 0.51}, 10), "#?????....")
      << "rounds down what is there, and up what may be";
}

TEST(CreditScreen, HasTheGaugeOfTheShareAndAllOfItWhereTheBucketIsFull) {
  CreditReport shown = report();
  shown.directions.rx.capacity = {.lo = 13e9, .hi = ByteRange::kUnbounded};
  shown.directions.rx.balance = shown.directions.rx.capacity;
  shown.directions.rx.share = {.lo = 0.999, .hi = 1};  // what it earned lately may be missing
  const auto lines = credit_screen(shown, {.columns = 100, .colour = false, .warn = {}});
  EXPECT_TRUE(contains(lines, "tx  281 Mbit/s   DRAINING -27.1 MB/s  [#######?????????????....]"))
      << lines[1];
  EXPECT_TRUE(contains(lines, "rx  6.20 Mbit/s  FULL                 [########################]"))
      << lines[2];
}

TEST(CreditParts, NameADirectionThatDrainsAndSayOnWhatTheFiguresRest) {
  const CreditReport shown = report();
  EXPECT_EQ(credit_parts({shown.directions.tx, shown.directions.rx}),
            std::vector<std::string>{"tx credits 4.0..44.0 GB (prior), empty in 2m28s..27m00s"});
}

TEST(CreditParts, AreOneWhereNothingIsScarce) {
  const CreditReport shown = report();
  DirectionCredit earning = shown.directions.rx;
  earning.direction = Direction::tx;
  earning.state = CreditState::earning;
  EXPECT_EQ(credit_parts({earning, shown.directions.rx}),
            std::vector<std::string>{"credits tx earning rx full"});
  EXPECT_TRUE(credit_parts({}).empty());
}

TEST(CreditParts, SayWhatIsNotKnownOfBothDirectionsOnce) {
  DirectionCredit tx = draining();
  tx.state = CreditState::unknown;
  tx.empty.reset();
  tx.known_after_rest = 50min;
  DirectionCredit rx = tx;
  rx.direction = Direction::rx;
  EXPECT_EQ(credit_parts({tx, rx}),
            std::vector<std::string>{"tx+rx credits UNKNOWN, known after 50m00s at rest"});
  rx.known_after_rest = 40min;
  EXPECT_EQ(credit_parts({tx, rx}).size(), 2U);
}

TEST(CreditParts, SayWhatAnExhaustionMeans) {
  DirectionCredit tx = draining();
  tx.state = CreditState::exhausted;
  EXPECT_EQ(
      credit_parts({tx}),
      std::vector<std::string>{"tx credits EXHAUSTED: no more than the baseline goes through"});
}

TEST(CreditScreen, SaysThatACapacityIsAPrior) {
  const auto lines = credit_screen(report(), {.columns = 100, .warn = 10min});
  EXPECT_TRUE(contains(lines, "bucket 13.0..53.0 GB (PRIOR, not learned here)"));
  EXPECT_TRUE(contains(lines, "baseline 64.0 Mbit/s  burst 5.00 Gbit/s"));
}

TEST(CreditScreen, NamesWhoDrainsWhyItIsKnownAndWhatToDo) {
  CreditReport shown = report();
  shown.larger = "t4g.large: baseline 512 Mbit/s";
  const auto lines = credit_screen(shown, {.columns = 100, .warn = 10min});
  EXPECT_TRUE(contains(lines, "who tx  /system.slice/redis.service 96.4 %"));
  EXPECT_TRUE(contains(lines, "7 others"));
  EXPECT_TRUE(contains(lines, "why tx  full at 09:12:04Z (TOLD)"));
  EXPECT_FALSE(contains(lines, "oldest"));
  EXPECT_TRUE(contains(lines, "NOTE    tx may be empty within 10m00s (earliest 2m28s"));
  EXPECT_TRUE(contains(lines, "cut tx by 217 Mbit/s"));
  EXPECT_TRUE(contains(lines, "t4g.large: baseline 512 Mbit/s"));
}

TEST(CreditScreen, FitsIntoEightyColumns) {
  CreditReport shown = report();
  shown.directions.tx.top_accounts.named[0].account = std::string(300, 'x');
  shown.directions.tx.evidence.emplace_back(300, 'y');
  shown.notices.emplace_back(300, 'z');
  for (const std::size_t columns : {80U, 100U, 132U}) {
    for (const auto& line : credit_screen(shown, {.columns = columns, .warn = 10min})) {
      EXPECT_LE(line.size(), columns) << line;
    }
  }
}

TEST(CreditScreen, LetsNoNameSteerTheTerminal) {
  CreditReport shown = report();
  shown.directions.tx.top_accounts.named[0].account = "/evil\x1b[2J";
  for (const auto& line : credit_screen(shown, {.columns = 100, .warn = 10min})) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

TEST(CreditScreen, SaysWhenThereAreNoCreditsAtAll) {
  CreditReport shown = report();
  for (const Direction direction : kDirections) {
    DirectionCredit& credit = shown.directions[direction];
    credit.state = CreditState::none;
    credit.terms.burst = credit.terms.baseline = {10'000'000'000};
  }
  const auto lines = credit_screen(shown, {.columns = 100, .warn = 10min});
  EXPECT_TRUE(contains(lines, "no credits: the baseline is all there is"));
  EXPECT_TRUE(contains(lines, "NO CREDITS, 9.72 Gbit/s of room"));
}

TEST(CreditsCsv, HasTheColumnsOfTheContract) {
  EXPECT_EQ(csv::credits_header(),
            "time,boot_ns,host,direction,state,rate_bps,baseline_bps,burst_bps,capacity_lo_bytes,"
            "capacity_hi_bytes,balance_lo_bytes,balance_hi_bytes,empty_in_lo_s,empty_in_hi_s,basis,"
            "exceeded,verdict,top_account,top_share\n");
}

TEST(CreditsCsv, LeavesEmptyWhatIsNotKnown) {
  CreditReport shown = report();
  shown.directions.tx.capacity.hi = ByteRange::kUnbounded;
  shown.directions.tx.balance.hi = ByteRange::kUnbounded;
  shown.directions.tx.empty->hi_s.reset();
  const auto rows = csv::credits_rows(shown);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NE(rows[0].find(",node,tx,draining,281000000,64000000,5000000000,13000000000,,4000000000,,"
                         "148.000,,prior,,,/system.slice/redis.service,0.9640\n"),
            std::string::npos)
      << rows[0];
  EXPECT_NE(rows[1].find(",node,rx,full,6200000,64000000,5000000000,13000000000,53000000000,"
                         "13000000000,53000000000,,,prior,,,,\n"),
            std::string::npos)
      << rows[1];
}

TEST(CreditsCsv, RoundsAwayFromTheTruthAndNeverOntoTheWrongSide) {
  CreditReport shown = report();
  shown.directions.tx.balance = {.lo = 4.9, .hi = 5.1};
  EXPECT_NE(csv::credits_rows(shown)[0].find(",4,6,"), std::string::npos);
}

}  // namespace
}  // namespace cgtally
