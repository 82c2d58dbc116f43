// SPDX-License-Identifier: Apache-2.0
// The credit model on recordings: exhaustions are found, and gaps are charged as far as known.
#include "core/credits/replay.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

// 8 MB/s refill, 1 GB.
CreditTerms terms() {
  return {.baseline = {64'000'000},
          .burst = {5'000'000'000},
          .capacity = {.lo = 1e9, .hi = 1e9},
          .capacity_basis = Basis::told};
}

Sample row(std::int64_t at, std::uint64_t tx_bytes, const std::string& ledger = "one") {
  Sample sample;
  sample.taken = second(at);
  sample.interval = 1s;
  sample.host = "node";
  sample.ledger = ledger;
  sample.iface = "ens5";
  sample.account = "/redis";
  sample.delta = traffic(0, 0, tx_bytes, tx_bytes / 1000);
  return sample;
}

struct Replayed {
  std::vector<CreditReport> reports;
  CreditReplay replay{{}, terms(), BucketStart::full, 10min, [this](const CreditReport& one) {
                        reports.push_back(one);
                      }};
};

// 33 MB/s for 40 s empties it: 25 MB/s more than comes in. Then only the baseline is left.
void drain(Replayed& run, std::int64_t from, std::int64_t until) {
  for (std::int64_t at = from; at < until; ++at) {
    ASSERT_TRUE(run.replay.add(row(at, at < from + 40 ? 33'000'000 : 8'000'000)));
  }
}

SeriesInterval tx_interval(std::int64_t end_s, double mbit, std::int64_t length_s = 1) {
  SeriesInterval one{.end = std::chrono::seconds(end_s), .length = std::chrono::seconds(length_s)};
  one.bytes = {.rx = 0, .tx = mbit * 1e6 / 8 * static_cast<double>(length_s)};
  return one;
}

// 20 Mbit/s and 300 Mbit/s; the capacity is only a prior.
CreditTerms slow_terms() {
  return {.baseline = {20'000'000},
          .burst = {300'000'000},
          .capacity = {.lo = 4.15e9, .hi = 16.6e9},
          .capacity_basis = Basis::prior};
}

// An application that waits for a second, soon after the fall, ends no exhaustion.
TEST(CreditReplay, AnExhaustionLastsFromTheFallOnWhateverASecondsWobbleDoes) {
  for (const std::int64_t wobble : {11, 12, 13, 14, 15, 16, 17, 40}) {
    CreditReplay replay({}, slow_terms(), BucketStart::full, 10min, {});
    for (std::int64_t at = 1; at <= 3615; ++at) {
      replay.add(tx_interval(at, at <= 10 ? 198 : at == wobble ? 12 : 20));
    }
    const auto result = replay.finish();
    ASSERT_TRUE(result);
    const CreditHistory& tx = result->histories.tx;
    EXPECT_EQ(tx.exhaustions, 1U) << wobble;
    // Before a plateau is seen, a wobble moves its beginning.
    const Nanoseconds late = wobble < 15 ? 3s : 0s;
    ASSERT_TRUE(tx.first_wall);
    EXPECT_LE(*tx.first_wall, 10s + late) << wobble;
    EXPECT_GE(tx.exhausted, 3605s - late) << wobble;
    EXPECT_EQ(result->last.directions.tx.state, CreditState::exhausted);
    EXPECT_LE(result->last.directions.tx.balance.hi, 0.05 * 4.15e9);
  }
}

TEST(CreditReplay, FindsAnHourFlatOnTheBaselineAfterALongPause) {
  CreditReplay replay({}, slow_terms(), BucketStart::full, 10min, {});
  for (std::int64_t at = 1; at <= 3640; ++at) {
    replay.add(tx_interval(at, at <= 10 ? 198 : at <= 40 ? 7 : 20));
  }
  const auto result = replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->histories.tx.exhaustions, 1U);
  EXPECT_EQ(result->histories.tx.first_wall, 40s);
  EXPECT_EQ(result->histories.tx.exhausted, 3600s);
}

CreditTerms five_gbit() {
  return {.baseline = {5'000'000'000},
          .burst = {10'000'000'000},
          .capacity = {.lo = 6.7e11, .hi = 2.7e12},
          .capacity_basis = Basis::prior,
          .baseline_tolerance = 0.02};
}

TEST(CreditReplay, APlateauAtOneFlowsLimitAfterAFasterRateIsAnExhaustion) {
  CreditReplay replay({}, five_gbit(), BucketStart::full, 10min, {});
  for (std::int64_t at = 1; at <= 98; ++at) {
    replay.add(tx_interval(at * 60, at <= 38 ? 9690 : 5020, 60));
  }
  const auto result = replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->histories.tx.exhaustions, 1U);
  EXPECT_EQ(result->histories.tx.exhausted, 60min);
  EXPECT_EQ(result->histories.tx.perhaps, 0s);
}

TEST(CreditReplay, APlateauAtOneFlowsLimitWithCreditsLeftHasTwoReadings) {
  CreditReplay replay({}, five_gbit(), BucketStart::full, 10min, {});
  for (std::int64_t at = 1; at <= 62; ++at) {
    replay.add(tx_interval(at * 60, at <= 2 ? 9690 : 5020, 60));
  }
  const auto result = replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->histories.tx.exhaustions, 0U);
  EXPECT_EQ(result->histories.tx.perhaps, 60min);
  const auto lines = credit_replay_lines(*result);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  EXPECT_NE(text.find("UNKNOWN"), std::string::npos) << text;
  EXPECT_NE(text.find("empty, or one flow's limit"), std::string::npos) << text;
  EXPECT_NE(text.find("a second busy connection or the allowance counter would tell"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1h00m at the baseline, which is one flow's limit, too"), std::string::npos)
      << text;
}

// Two accounts that share the traffic are two flows at least.
TEST(CreditReplay, SeveralFlowsHaveNoLimitOfOneFlow) {
  for (const bool alone : {true, false}) {
    CreditReplay replay({}, five_gbit(), BucketStart::full, 10min, {});
    for (std::int64_t at = 1; at <= 150; ++at) {
      const std::uint64_t bytes = at <= 20 ? 1'211'000'000 : 627'500'000;
      Sample one = row(at, alone ? bytes : bytes / 2);
      ASSERT_TRUE(replay.add(one));
      one.account = "/other";
      one.delta = traffic(0, 0, bytes - bytes / 2, 1000);
      if (alone) continue;
      ASSERT_TRUE(replay.add(one));
    }
    const auto result = replay.finish();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->histories.tx.exhaustions, alone ? 0U : 1U);
    EXPECT_EQ(result->histories.tx.perhaps > 0s, alone);
  }
}

TEST(CreditReplay, FindsTheMomentAtWhichTheCreditsEnded) {
  Replayed run;
  drain(run, 1, 61);
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->intervals, 60U);
  EXPECT_EQ(result->histories.tx.exhaustions, 1U);
  ASSERT_TRUE(result->histories.tx.first_wall);
  EXPECT_NEAR(
      std::chrono::duration<double>(*result->histories.tx.first_wall - second(41).wall).count(), 0,
      5);
  EXPECT_EQ(result->histories.rx.exhaustions, 0U);
  EXPECT_EQ(run.reports.at(20).directions.tx.state, CreditState::draining);
  EXPECT_EQ(run.reports.at(20).directions.tx.top_accounts.named.at(0).account, "/redis");
}

TEST(CreditReplay, ChargesWhatTheTotalsSayOfAGap) {
  Replayed run;
  drain(run, 1, 11);  // 10 s at 25 MB/s more than comes in
  const double before = 1e9 - 10 * 25e6;
  ASSERT_TRUE(run.replay.add(row(31, 20 * 33'000'000)));
  ASSERT_TRUE(run.replay.add(row(32, 8'000'000)));
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->gaps, 1U);
  EXPECT_LE(result->last.directions.tx.balance.lo, before - 20 * 25e6);
  EXPECT_GE(result->last.directions.tx.balance.hi, before - 20 * 25e6);
}

TEST(CreditReplay, KnowsNothingAfterABootThatIsAnother) {
  Replayed run;
  drain(run, 1000, 1010);
  ASSERT_TRUE(run.replay.add(row(5, 1'000, "two")));
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_LE(result->last.directions.tx.balance.lo, 8e6);
  EXPECT_GE(result->last.directions.tx.balance.hi, 1e9 - 1);
}

TEST(CreditReplay, RefusesRowsOfTwoHosts) {
  Replayed run;
  ASSERT_TRUE(run.replay.add(row(1, 1)));
  Sample other = row(2, 1);
  other.host = "another";
  EXPECT_FALSE(run.replay.add(other));
}

TEST(CreditReplay, TakesTheFiguresOfAnotherMonitor) {
  Replayed run;
  for (int at = 1; at <= 60; ++at) {
    SeriesInterval interval{.end = second(at).wall, .length = 1s};
    interval.bytes = {.rx = 0, .tx = at <= 40 ? 33e6 : 8e6};
    run.replay.add(interval);
  }
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->histories.tx.exhaustions, 1U);
}

TEST(CreditReplay, KeepsADirectionWithoutFiguresOutOfEverything) {
  Replayed run;
  run.replay.watch_only({.rx = false, .tx = true}, "web1");
  SeriesInterval interval{.end = second(1).wall, .length = 1s};
  interval.bytes.tx = 33e6;
  run.replay.add(interval);
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->last.directions.rx.watched);
  EXPECT_FALSE(result->histories.rx.lowest);
  for (const std::string& line : credit_replay_lines(*result)) {
    EXPECT_EQ(line.find("rx"), std::string::npos) << line;
    EXPECT_LE(line.size(), 80U);
  }
}

TEST(CreditReplay, LetsAnythingPassWhereASeriesHasNoFigure) {
  Replayed run;
  run.replay.watch_only({.rx = false, .tx = true}, "");
  const auto add = [&run](int at, double bytes, bool restart) {
    SeriesInterval interval{.end = second(at).wall, .length = 1s, .restart = restart};
    interval.bytes.tx = bytes;
    run.replay.add(interval);
  };
  add(1, 8e6, false);
  add(2, kMissing, false);
  add(3, kMissing, false);
  add(4, 8e6, false);
  add(5, kMissing, true);
  add(6, 8e6, false);
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->gaps, 1U);  // a counter that begins again was recorded
  EXPECT_EQ(result->gap, 2s);
}

TEST(CreditReplay, OfNothingIsNothing) {
  Replayed run;
  EXPECT_FALSE(run.replay.finish());
}

}  // namespace
}  // namespace cgtally
