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
    SeriesInterval interval{.now = second(at), .elapsed = 1s, .moved = {}, .gap_before = {}};
    interval.moved.tx_bytes = {at <= 40 ? 33'000'000U : 8'000'000U};
    run.replay.add(interval);
  }
  const auto result = run.replay.finish();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->histories.tx.exhaustions, 1U);
}

TEST(CreditReplay, OfNothingIsNothing) {
  Replayed run;
  EXPECT_FALSE(run.replay.finish());
}

}  // namespace
}  // namespace cgtally
