// SPDX-License-Identifier: Apache-2.0
// Bursts as people read them: a line within 80 columns, a row of the CSV, and the summary.
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/csv/bursts.h"
#include "core/base/text.h"
#include "core/bursts/lines.h"
#include "core/bursts/summary.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

ExplainedBurst microburst() {
  Burst burst{.first = 5'000,
              .last = 5'002,
              .window = 1ms,
              .bytes = {980'000},
              .packets = {700},
              .peak = {487'500},
              .threshold = {2'500'000'000},
              .shares = {{.account = {}, .least = {960'000}, .most = {965'000}}}};
  return {.iface = "ens5",
          .direction = Direction::tx,
          .burst = burst,
          .exceeded = 37,
          .shared_with = 0,
          .verdict = {.cause = BurstCause::microburst, .reason = "37"}};
}

constexpr Nanoseconds kWall = 1'795'347'727s + 113ms;  // 2026-11-22T11:42:07.113Z

TEST(BurstLine, FitsIntoEightyColumnsUnderItsHeader) {
  EXPECT_EQ(burst_header({}),
            "START (UTC)         LEN   VOLUME   PEAK TOP ACCOUNT      SHARE EXCEED CAUSE");
  EXPECT_EQ(burst_line(microburst(), kWall, "/system.slice/redis.service", {}),
            "11:42:07.113 tx    3 ms 980.0 kB 3.90 G ..redis.service    98%     37 microburst");
  for (const std::size_t columns : {0U, 4U, 6U}) {
    ExplainedBurst burst = microburst();
    burst.burst.shares[0].least = {500'000};
    burst.exceeded = 123'456;
    EXPECT_LE(display_width(burst_line(burst, kWall, "/kubepods.slice/a-very-long-name.scope",
                                       {.interface_columns = columns})),
              80U);
  }
}

TEST(BurstLine, SaysThatAShareIsABoundAndThatWindowsAreMissing) {
  ExplainedBurst burst = microburst();
  burst.burst.shares[0].most = {980'000};
  burst.burst.shares[0].least = {600'000};
  burst.burst.incomplete = true;
  burst.exceeded.reset();
  EXPECT_EQ(burst_line(burst, kWall, "/a", {}),
            "11:42:07.113 tx   3 ms+ 980.0 kB 3.90 G /a              61-100%      - microburst");
  burst.burst.shares.clear();
  EXPECT_EQ(format_share(burst.burst), "-");
}

TEST(BurstLine, OfOneThatGoesOnSaysSo) {
  ExplainedBurst burst = microburst();
  burst.burst.last = burst.burst.first + 14'199;
  burst.burst.bytes = {3'100'000'000};
  burst.burst.shares[0] = {.account = {}, .least = {3'040'000'000}, .most = {3'040'000'000}};
  burst.verdict = {};
  burst.under_way = true;
  EXPECT_EQ(burst_line(burst, kWall, "/system.slice/redis.service", {}),
            "11:42:07.113 tx  14.2 s   3.1 GB 3.90 G ..redis.service    98%     37 so far");
  EXPECT_EQ(burst_progress_words(burst, kWall, "/redis.service"),
            "ens5 tx over 2.50 Gbit/s since 11:42:07.113: 14.2 s so far, 3.1 GB, "
            "/redis.service 98%");
  EXPECT_EQ(burst_progress_words(burst, kWall, ""),
            "ens5 tx over 2.50 Gbit/s since 11:42:07.113: 14.2 s so far, 3.1 GB");
}

BurstGroup forty_seven() {
  BurstGroup group(
      {.burst = microburst(), .wall = kWall, .account = "/system.slice/redis.service"});
  for (int i = 1; i < 47; ++i) {
    ExplainedBurst burst = microburst();
    burst.burst.first += i * 200;
    burst.burst.last += i * 200;
    burst.burst.bytes = {1'020'000};
    burst.burst.peak = {i == 20 ? 500'000U : 487'500U};
    group.add(burst.burst);
  }
  return group;
}

TEST(BurstLine, OfSeveralThatAreAlikeHasTheirNumberTheirMeanAndTheirPeak) {
  BurstGroup group = forty_seven();
  EXPECT_EQ(burst_group_line(group, {}),
            "11:42:07.113 tx x 47 of 1.0 MB in 9.20 s, peak 4.00 G ..redis.service microburst");
  group.first.burst.verdict.cause = BurstCause::unknown;
  group.first.account.clear();
  EXPECT_EQ(burst_group_line(group, {.interface_columns = 4}),
            "11:42:07.113 ens5 tx x 47 of 1.0 MB in 9.20 s, peak 4.00 G (not told)");
  group.count = 1;
  EXPECT_EQ(burst_group_line(group, {}), burst_line(group.first.burst, kWall, "(not told)", {}));
}

TEST(BurstLine, LengthsAreShownToTheWindow) {
  EXPECT_EQ(format_length(300us), "300 us");
  EXPECT_EQ(format_length(1ms), "1 ms");
  EXPECT_EQ(format_length(1300us), "1.3 ms");
  EXPECT_EQ(format_length(1234ms), "1234 ms");
  EXPECT_EQ(format_length(12s), "12.0 s");
}

TEST(BurstRow, HasTheColumnsInTheirOrder) {
  EXPECT_EQ(csv::bursts_row(microburst(), kWall, "host", "/redis"),
            "2026-11-22T11:42:07.113000000Z,5000000000,3000000,1000000,host,ens5,tx,980000,700,"
            "3900000000,2613333333,2500000000,/redis,0.9796,0.9847,37,0,microburst\n");
  ExplainedBurst unknown = microburst();
  unknown.exceeded.reset();
  unknown.shared_with.reset();
  unknown.verdict.cause = BurstCause::unknown;
  unknown.burst.shares.clear();
  const std::string row = csv::bursts_row(unknown, kWall, "host", "");
  EXPECT_TRUE(row.ends_with(",2500000000,,,,,,unknown\n")) << row;
  EXPECT_EQ(std::ranges::count(row, ','), std::ranges::count(csv::bursts_header(), ','));
}

TEST(BurstSummary, HasNumberLengthVolumeAndTopAccounts) {
  BurstTotals totals;
  ExplainedBurst burst = microburst();
  totals.add_traffic(Direction::tx, {245'000'000});
  totals.add(burst, "/redis");
  burst.burst.first += 100;
  burst.burst.last += 109;
  totals.add(burst, "/redis");
  totals.add_missed(12);
  totals.add_missed_traffic(Direction::tx, {5'000});
  const auto lines = totals.lines(61s, 5);
  const std::vector<std::string> expected{
      "1m01s: 2 bursts, 2.0 MB = 0.8 % of tx bytes",
      "length    p50 3.00 ms, p90 12.0 ms, max 12.0 ms",
      "volume    p50 980.0 kB, p90 980.0 kB, max 980.0 kB",
      "gaps      min 97.0 ms, p50 97.0 ms, p90 97.0 ms, max 97.0 ms",
      "top       /redis                                   led 2 with 1.9 MB",
      "windows   12 windows missed, with 5.0 kB"};
  EXPECT_EQ(lines, expected);
}

TEST(BurstSummary, SpeaksAVerdictOnlyWhereThereAreCounters) {
  BurstTotals totals;
  const auto says = [&](const std::string& word) {
    return std::ranges::any_of(totals.lines(1s, 5), [&](const std::string& line) {
      return line.find(word) != std::string::npos;
    });
  };
  EXPECT_FALSE(says("exceeded"));
  totals.add_exceeded(Direction::tx, 0);
  EXPECT_TRUE(says("tx exceeded 0: QUIET"));
  EXPECT_FALSE(says("rx exceeded"));
}

TEST(Histogram, GivesValuesThatWereThere) {
  Histogram spread;
  EXPECT_EQ(spread.percentile(0.5), 0U);
  for (std::uint64_t value = 1; value <= 100'000; ++value) spread.add(value);
  EXPECT_EQ(spread.greatest(), 100'000U);
  EXPECT_EQ(spread.least(), 1U);
  EXPECT_NEAR(static_cast<double>(spread.percentile(0.5)), 50'000, 50'000.0 / 64);
  EXPECT_NEAR(static_cast<double>(spread.percentile(0.9)), 90'000, 90'000.0 / 64);
  Histogram one;
  one.add(4'000'000);
  EXPECT_EQ(one.percentile(0.5), 4'000'000U);
}

}  // namespace
}  // namespace cgtally
