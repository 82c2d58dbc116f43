// SPDX-License-Identifier: Apache-2.0
// The allowance counters: differences that are never wrapped, verdicts, and the words about them.
#include "core/instance/allowance_counters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "adapters/ethtool/statistics.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;
using enum AllowanceCounter;

AllowanceTotals only(AllowanceCounter counter, std::uint64_t total) {
  AllowanceTotals totals;
  totals[static_cast<std::size_t>(counter)] = total;
  return totals;
}

AllowanceReading reading(std::int64_t second, std::map<std::string, AllowanceTotals> interfaces,
                         std::uint64_t packets = 100'000) {
  return {.taken = {.boot = std::chrono::seconds{second}, .wall = {}},
          .interfaces = std::move(interfaces),
          .rx_packets = {packets / 2},
          .tx_packets = {packets}};
}

AllowanceSummary summary(const Allowances& allowances, AllowanceCounter counter) {
  return allowances.summaries().at(static_cast<std::size_t>(counter));
}

// A minute of readings; `gain` gives the counter's gain in each second.
template <typename Gain>
AllowanceSummary minute(Gain gain, std::uint64_t packets_per_second) {
  Allowances allowances;
  std::uint64_t total = 4711;
  allowances.add(reading(0, {{"ens5", only(bw_out, total)}}, 0));
  for (int second = 1; second <= 60; ++second) {
    total += gain(second);
    allowances.add(reading(second, {{"ens5", only(bw_out, total)}}, packets_per_second));
  }
  return summary(allowances, bw_out);
}

TEST(Allowances, OfRenamedInterfacesGoOnAlsoIfTheyExchangeTheirNames) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_out, 100)}, {"ens6", only(bw_out, 9000)}}));
  allowances.rename({{"ens5", "ens6"}, {"ens6", "ens5"}});
  const auto steps =
      allowances.add(reading(1, {{"ens6", only(bw_out, 107)}, {"ens5", only(bw_out, 9030)}}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(allowances.gained(bw_out), 37U);
  allowances.rename({{"ens5", "wan0"}});
  allowances.add(reading(2, {{"ens6", only(bw_out, 107)}, {"wan0", only(bw_out, 9035)}}));
  EXPECT_EQ(allowances.gained(bw_out), 5U);
}

TEST(Allowances, FourSeriesHaveFourVerdicts) {
  const auto none = minute([](int) { return 0; }, 25'000);
  EXPECT_EQ(none.verdict, AllowanceVerdict::quiet);
  EXPECT_EQ(none.share, 0.0);
  EXPECT_EQ(none.remedy, "");

  const auto tick = minute([](int second) { return second == 30 ? 1 : 0; }, 25'000);
  EXPECT_EQ(tick.verdict, AllowanceVerdict::sporadic);
  EXPECT_EQ(tick.last_minute, 1U);
  EXPECT_EQ(tick.remedy, "");

  const auto steady = minute([](int second) { return second % 2 == 0 ? 5 : 0; }, 25'000);
  EXPECT_EQ(steady.last_minute, 150U);
  EXPECT_EQ(steady.verdict, AllowanceVerdict::sustained);
  EXPECT_EQ(steady.remedy, "smaller responses, or a larger type");

  // Below the baseline, with credits left: the measured machines did that.
  const auto many = minute([](int) { return 14; }, 100);
  EXPECT_EQ(many.verdict, AllowanceVerdict::sustained);
  EXPECT_NEAR(many.share.value(), 0.14, 1e-9);
}

TEST(Allowances, AHundredPacketsAreSporadicOnlyWhileTheyAreFewOfAll) {
  EXPECT_EQ(verdict_of(0, 0), AllowanceVerdict::quiet);
  EXPECT_EQ(verdict_of(100, 1'000'000), AllowanceVerdict::sporadic);
  EXPECT_EQ(verdict_of(101, 1'000'000'000), AllowanceVerdict::sustained);
  EXPECT_EQ(verdict_of(100, 10'000), AllowanceVerdict::sustained);  // 1 % is not below 1 %
  EXPECT_EQ(verdict_of(1, 0), AllowanceVerdict::sustained);
  EXPECT_EQ(verdict_of(5, std::nullopt), AllowanceVerdict::sporadic);
  EXPECT_EQ(verdict_name(AllowanceVerdict::none), "");
  EXPECT_EQ(verdict_name(AllowanceVerdict::sporadic), "sporadic");
}

TEST(Allowances, WhatIsOlderThanAMinuteNoLongerCounts) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(pps, 0)}}));
  allowances.add(reading(1, {{"ens5", only(pps, 5000)}}));
  EXPECT_EQ(summary(allowances, pps).verdict, AllowanceVerdict::sustained);
  EXPECT_EQ(summary(allowances, pps).remedy, "fewer, larger packets");
  for (int second = 2; second <= 61; ++second) {
    allowances.add(reading(second, {{"ens5", only(pps, 5000)}}));
  }
  EXPECT_EQ(summary(allowances, pps).last_minute, 0U);
  EXPECT_EQ(summary(allowances, pps).verdict, AllowanceVerdict::quiet);
  EXPECT_EQ(summary(allowances, pps).total, 5000U);
}

TEST(Allowances, TheFirstReadingIsTheBaseAndJudgesNothing) {
  Allowances allowances;
  EXPECT_TRUE(allowances.add(reading(0, {{"ens5", only(bw_in, 9999)}})).empty());
  EXPECT_TRUE(allowances.has(bw_in));
  EXPECT_FALSE(allowances.has(bw_out));
  EXPECT_EQ(allowances.gained(bw_in), std::nullopt);
  EXPECT_EQ(summary(allowances, bw_in).verdict, AllowanceVerdict::none);
  EXPECT_TRUE(summary(allowances, bw_in).there);
  EXPECT_FALSE(summary(allowances, bw_out).there);
}

TEST(Allowances, InterfacesAddUpAndEachHasItsStep) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_in, 10)}, {"ens6", only(bw_in, 100)}}));
  const auto steps =
      allowances.add(reading(1, {{"ens5", only(bw_in, 15)}, {"ens6", only(bw_in, 120)}}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].iface, "ens5");
  EXPECT_EQ(steps[0].delta, 5U);
  EXPECT_EQ(steps[1].total, 120U);
  EXPECT_NEAR(steps[1].share_of_packets.value(), 20.0 / 50'000, 1e-12);
  EXPECT_EQ(allowances.gained(bw_in), 25U);
  EXPECT_EQ(summary(allowances, bw_in).total, 135U);
}

TEST(Allowances, AResetIsANewBaseAndNeverAWrappedDifference) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_out, 50'000)}}));
  const auto reset = allowances.add(reading(1, {{"ens5", only(bw_out, 7)}}));
  ASSERT_EQ(reset.size(), 1U);
  EXPECT_TRUE(reset[0].restarted);
  EXPECT_EQ(reset[0].delta, 0U);
  EXPECT_EQ(allowances.gained(bw_out), 0U);
  const auto next = allowances.add(reading(2, {{"ens5", only(bw_out, 9)}}));
  EXPECT_FALSE(next[0].restarted);
  EXPECT_EQ(next[0].delta, 2U);
}

TEST(Allowances, ZerosBetweenTwoHigherReadingsAreAReadThatFailedAndNoGain) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_out, 50'000)}}));
  allowances.add(reading(1, {{"ens5", only(bw_out, 0)}}));
  allowances.add(reading(2, {{"ens5", only(bw_out, 0)}}));
  EXPECT_EQ(allowances.gained(bw_out), 0U);
  EXPECT_EQ(summary(allowances, bw_out).total, 50'000U);
  allowances.add(reading(3, {{"ens5", only(bw_out, 50'003)}}));
  EXPECT_EQ(allowances.gained(bw_out), 3U);
}

TEST(Allowances, AResetToZeroCountsOnFromThere) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_out, 50'000)}}));
  allowances.add(reading(1, {{"ens5", only(bw_out, 0)}}));
  allowances.add(reading(2, {{"ens5", only(bw_out, 40)}}));
  EXPECT_EQ(allowances.gained(bw_out), 40U);
}

TEST(Allowances, ACounterThatWasAwayBeginsAnew) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(bw_out, 50)}}));
  EXPECT_TRUE(allowances.add(reading(1, {})).empty());
  EXPECT_FALSE(allowances.has(bw_out));
  EXPECT_EQ(allowances.gained(bw_out), std::nullopt);
  EXPECT_FALSE(summary(allowances, bw_out).there);
  const auto back = allowances.add(reading(2, {{"ens5", only(bw_out, 90'000)}}));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_TRUE(back[0].restarted);
  EXPECT_EQ(back[0].delta, 0U);
  EXPECT_EQ(allowances.add(reading(3, {{"ens5", only(bw_out, 90'001)}}))[0].delta, 1U);
}

TEST(Allowances, WhatIsAvailableIsAGaugeAndTheLeastCounts) {
  Allowances allowances;
  allowances.add(reading(0, {{"ens5", only(conntrack_available, 51'212)},
                             {"ens6", only(conntrack_available, 60'000)}}));
  const auto steps = allowances.add(reading(1, {{"ens5", only(conntrack_available, 40'000)},
                                                {"ens6", only(conntrack_available, 60'000)}}));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].delta, 0U);
  EXPECT_FALSE(steps[0].restarted);
  EXPECT_EQ(steps[0].total, 40'000U);
  EXPECT_FALSE(steps[0].share_of_packets);
  EXPECT_EQ(summary(allowances, conntrack_available).last_minute, 40'000U);
  EXPECT_EQ(summary(allowances, conntrack_available).verdict, AllowanceVerdict::none);
  EXPECT_EQ(summary(allowances, conntrack_available).remedy, "");
  EXPECT_EQ(allowances.gained(conntrack_available), std::nullopt);
}

TEST(Allowances, DroppedConnectionsAndLookupsAreRemediedAtOnce) {
  Allowances allowances;
  AllowanceTotals totals = only(conntrack, 0);
  totals[static_cast<std::size_t>(linklocal)] = 0;
  allowances.add(reading(0, {{"ens5", totals}}));
  totals[static_cast<std::size_t>(conntrack)] = 2;
  totals[static_cast<std::size_t>(linklocal)] = 1;
  allowances.add(reading(1, {{"ens5", totals}}));
  EXPECT_EQ(allowance_remedies(allowances.summaries()),
            (std::vector<std::string>{"conntrack: fewer connections",
                                      "linklocal: cache DNS and metadata"}));
  EXPECT_EQ(allowance_words(allowances.summaries()), "conntrack 2 sporadic  linklocal 1 sporadic");
}

TEST(AllowanceWords, AreOneLineOfWhatIsThere) {
  Allowances allowances;
  AllowanceTotals totals{0, 0, 0, 0, 0, 51'212};
  allowances.add(reading(0, {{"ens5", totals}}));
  totals[1] = 41;
  allowances.add(reading(1, {{"ens5", totals}}));
  EXPECT_EQ(allowance_words(allowances.summaries()),
            "rx 0  tx 41 sporadic  pps 0  conntrack 0 (51 212 left)  linklocal 0");
  EXPECT_TRUE(allowance_remedies(allowances.summaries()).empty());
  EXPECT_EQ(allowance_words(Allowances().summaries()), "");
}

TEST(AllowanceHarm, HarmlessIsOnlyWhatIsSporadicWithDelayAndRetransmitsNormal) {
  const NetworkEffect calm{
      .queue_delay_p99 = 1400us, .retransmitted = Bytes{0}, .sent = {1'000'000}};
  EXPECT_EQ(harm_of(AllowanceVerdict::sporadic, calm), AllowanceHarm::harmless);
  EXPECT_EQ(harm_words(AllowanceVerdict::sporadic, calm),
            "queue delay p99 1.40 ms, no retransmits: harmless");
  for (const AllowanceVerdict verdict :
       {AllowanceVerdict::none, AllowanceVerdict::quiet, AllowanceVerdict::sustained}) {
    EXPECT_NE(harm_of(verdict, calm), AllowanceHarm::harmless);
    EXPECT_EQ(harm_words(verdict, calm).find("harmless"), std::string::npos);
  }
  NetworkEffect slow = calm;
  slow.queue_delay_p99 = 120ms;
  EXPECT_EQ(harm_words(AllowanceVerdict::sporadic, slow),
            "queue delay p99 120 ms, no retransmits: it hurts");
  NetworkEffect lossy = calm;
  lossy.retransmitted = Bytes{1001};
  EXPECT_EQ(harm_words(AllowanceVerdict::sporadic, lossy),
            "queue delay p99 1.40 ms, 1.0 kB sent again: it hurts");
  lossy.retransmitted = Bytes{1000};
  EXPECT_EQ(harm_of(AllowanceVerdict::sporadic, lossy), AllowanceHarm::harmless);
}

TEST(AllowanceHarm, WithoutConnectionsNothingIsSaidToBeHarmless) {
  EXPECT_EQ(harm_of(AllowanceVerdict::sporadic, {}), AllowanceHarm::unknown);
  EXPECT_EQ(harm_of(AllowanceVerdict::sporadic,
                    {.queue_delay_p99 = 1ms, .retransmitted = {}, .sent = {}}),
            AllowanceHarm::unknown);
  EXPECT_EQ(harm_words(AllowanceVerdict::sporadic, {}), "no connection tells whether it hurts");
  EXPECT_EQ(harm_words(AllowanceVerdict::quiet, {}), "");
}

TEST(NetworkEffect, IsToldAsFarAsItIsKnown) {
  EXPECT_EQ(effect_words({.queue_delay_p99 = 1400us, .retransmitted = Bytes{0}, .sent = {}}),
            "queue delay p99 1.40 ms, no retransmits");
  EXPECT_EQ(effect_words({.queue_delay_p99 = 12ms, .retransmitted = Bytes{2'000'000}, .sent = {}}),
            "queue delay p99 12.0 ms, 2.0 MB sent again");
  EXPECT_EQ(effect_words({.queue_delay_p99 = {}, .retransmitted = Bytes{2'000'000}, .sent = {}}),
            "2.0 MB sent again");
  EXPECT_EQ(effect_words({}), "");
}

// As an ENA driver with two queues has them, in its order.
NamedStatistics ena() {
  NamedStatistics all{{"total_resets", 1}, {"tx_timeout", 2}, {"wd_expired", 3}};
  for (std::size_t i = 0; i < kAllowanceCounters; ++i) {
    all.emplace_back(allowance_name(static_cast<AllowanceCounter>(i)), 100 + i);
  }
  all.insert(all.end(), {{"ena_srd_mode", 0},
                         {"queue_0_tx_cnt", 77},
                         {"queue_1_rx_bytes", 88},
                         {"ena_admin_q_aborted_cmd", 0}});
  return all;
}

TEST(AllowanceNames, AreFoundInAnyOrderAndAnySubset) {
  const AllowanceTotals whole{100, 101, 102, 103, 104, 105};
  EXPECT_EQ(allowances_of(ena()), whole);
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    NamedStatistics some = ena();
    std::ranges::shuffle(some, random);
    some.resize(random() % (some.size() + 1));
    const AllowanceTotals found = allowances_of(some);
    for (std::size_t counter = 0; counter < kAllowanceCounters; ++counter) {
      const auto name = allowance_name(static_cast<AllowanceCounter>(counter));
      const bool there =
          std::ranges::any_of(some, [&](const auto& one) { return one.first == name; });
      EXPECT_EQ(found[counter], there ? whole[counter] : std::nullopt) << name;
    }
  }
  EXPECT_FALSE(any_of_them(allowances_of({{"queue_0_tx_cnt", 1}})));
}

TEST(EthtoolNames, AreReadFromTheKernelsTableWhateverItsLength) {
  std::string table(3 * 32, '\0');
  table.replace(0, 24, "bw_in_allowance_exceeded");
  table.replace(32, 32, std::string(32, 'x'));  // as long as it may be: no end
  table.replace(64, 21, "pps_allowance_exceedd");
  const std::vector<std::uint64_t> values{5, 6};
  const auto found = ethtool::named(table, values);  // the third has no value
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], std::pair(std::string("bw_in_allowance_exceeded"), std::uint64_t{5}));
  EXPECT_EQ(found[1].first, std::string(32, 'x'));
  EXPECT_TRUE(ethtool::named(std::span(table).first(31), values).empty());
}

}  // namespace
}  // namespace cgtally
