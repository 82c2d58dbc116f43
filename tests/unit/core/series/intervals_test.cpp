// SPDX-License-Identifier: Apache-2.0
// Lengths of intervals: exact where rows follow each other, a gap where they do not.
#include "core/series/intervals.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

struct Made {
  std::vector<SeriesInterval> intervals;
  IntervalFacts facts;
  std::string error;
};

Series series_of(const std::vector<std::pair<int, double>>& rows, std::string_view unit,
                 bool start = false) {
  Series series;
  series.file = "x.csv";
  series.columns.tx = "tx";
  series.unit = *parse_series_unit(unit);
  series.time_is_start = start;
  std::uint32_t line = 1;
  for (const auto& [second, value] : rows) {
    SeriesPoint point{.time = std::chrono::seconds{second}, .line = ++line};
    point.value.tx = value;
    series.points.push_back(point);
  }
  return series;
}

Made made(Series series) {
  Made result;
  if (auto ordered = put_in_order(series); !ordered) {
    result.error = ordered.error().what;
    return result;
  }
  const auto facts =
      make_intervals(series, [&](const SeriesInterval& one) { result.intervals.push_back(one); });
  if (facts) {
    result.facts = *facts;
  } else {
    result.error = facts.error().what;
  }
  return result;
}

Nanoseconds unknown_time(const Made& result) {
  Nanoseconds sum{};
  for (const SeriesInterval& one : result.intervals) {
    if (is_missing(one.bytes.tx)) sum += one.length;
  }
  return sum;
}

std::vector<double> rates(const Made& result) {
  std::vector<double> all;
  for (const SeriesInterval& one : result.intervals) {
    all.push_back(one.bytes.tx / std::chrono::duration<double>(one.length).count());
  }
  return all;
}

TEST(SeriesIntervals, UnderstandTheUnitsOfOtherMonitors) {
  const auto bytes_a_second = [](std::string_view unit) {
    return made(series_of({{100, 1}, {101, 1}}, unit)).intervals.at(1).bytes.tx;
  };
  EXPECT_EQ(bytes_a_second("bytes"), 1);
  EXPECT_EQ(bytes_a_second("kbit/s"), 125);
  EXPECT_EQ(bytes_a_second("Mbit/s"), 125'000);
  EXPECT_EQ(bytes_a_second("Gbit/s"), 125'000'000);
  EXPECT_EQ(bytes_a_second("KiB/s"), 1'024);
  EXPECT_FALSE(parse_series_unit("parsecs"));
}

TEST(SeriesIntervals, EndOrBeginWithTheirRow) {
  const std::vector<std::pair<int, double>> rows{{60, 600}, {120, 1200}, {180, 1800}};
  const Made ends = made(series_of(rows, "bytes"));
  ASSERT_EQ(ends.intervals.size(), 3U);
  EXPECT_EQ(ends.facts.begin, 0s);
  EXPECT_EQ(ends.intervals[1].end, 120s);
  EXPECT_EQ(ends.intervals[1].bytes.tx, 1200);
  const Made begins = made(series_of(rows, "bytes", true));
  ASSERT_EQ(begins.intervals.size(), 3U);
  EXPECT_EQ(begins.intervals[1].end, 180s);
  EXPECT_EQ(begins.facts.end, 240s);
}

TEST(SeriesIntervals, AreAsLongAsTheTimeSinceTheRowBeforeWhateverTheLeastIs) {
  const Made one =
      made(series_of({{60, 600}, {120, 600}, {130, 100}, {180, 500}, {240, 600}}, "bytes"));
  for (const double rate : rates(one)) EXPECT_DOUBLE_EQ(rate, 10);
  EXPECT_EQ(unknown_time(one), 0s);
}

TEST(SeriesIntervals, SayWhatWasNotRecorded) {
  const Made one = made(series_of({{1, 8}, {2, 8}, {3, 8}, {10, 8}, {11, 8}}, "bit/s"));
  EXPECT_EQ(unknown_time(one), 6s);
  EXPECT_EQ(one.intervals[3].length, 6s);
  EXPECT_EQ(one.intervals[4].length, 1s);
  EXPECT_EQ(one.intervals[4].bytes.tx, 1);
}

TEST(SeriesIntervals, BecomeLongerAndShorterWithTheRows) {
  std::vector<std::pair<int, double>> rows;
  for (int at = 0; at < 600; at += 60) rows.emplace_back(at, 600);
  for (int at = 600; at < 1500; at += 300) rows.emplace_back(at, 3000);
  const Made coarser = made(series_of(rows, "bytes", true));
  for (const double rate : rates(coarser)) EXPECT_DOUBLE_EQ(rate, 10);
  EXPECT_EQ(unknown_time(coarser), 0s);
  EXPECT_TRUE(coarser.facts.other_length);
  rows.clear();
  for (int at = 300; at <= 1500; at += 300) rows.emplace_back(at, 3000);
  for (int at = 1560; at <= 2700; at += 60) rows.emplace_back(at, 600);
  const Made finer = made(series_of(rows, "bytes"));
  for (const double rate : rates(finer)) EXPECT_DOUBLE_EQ(rate, 10);
  EXPECT_EQ(unknown_time(finer), 0s);
}

TEST(SeriesIntervals, OfTwoSingleMissingRowsAreGapsAndNoOtherLength) {
  const Made one = made(
      series_of({{60, 600}, {120, 600}, {180, 600}, {300, 600}, {420, 600}, {480, 600}, {540, 600}},
                "bytes"));
  EXPECT_EQ(unknown_time(one), 120s);
  EXPECT_FALSE(one.facts.other_length);
}

TEST(SeriesIntervals, HaveTheLengthThatTheUserOrTheRowTells) {
  Series told = series_of({{0, 600}, {300, 600}, {600, 600}}, "bytes", true);
  told.period = 60s;
  EXPECT_EQ(unknown_time(made(told)), 480s);
  Series own = series_of({{600, 10}, {1200, 10}, {1440, 10}, {1500, 10}, {2700, 10}}, "B/s");
  const std::vector<std::uint32_t> lengths{600, 600, 240, 60, 600};
  for (std::size_t i = 0; i < lengths.size(); ++i) own.points[i].period_s = lengths[i];
  const Made by_row = made(own);
  EXPECT_EQ(by_row.facts.begin, 0s);
  EXPECT_EQ(unknown_time(by_row), 600s);
}

TEST(SeriesIntervals, OfACounterThatBeginsAgainAreUnknownAndNeverWrap) {
  const Made one = made(series_of({{0, 5000}, {15, 5100}, {30, 40}, {45, 140}}, "total"));
  ASSERT_EQ(one.intervals.size(), 3U);
  EXPECT_EQ(one.facts.restarts, 1U);
  EXPECT_EQ(one.intervals[0].bytes.tx, 100);
  EXPECT_TRUE(is_missing(one.intervals[1].bytes.tx));
  EXPECT_EQ(one.intervals[1].least.tx, 40);
  EXPECT_EQ(one.intervals[2].bytes.tx, 100);
}

TEST(SeriesIntervals, OfACounterThatFellForARowAreKnownToItsGain) {
  const Made one =
      made(series_of({{0, 5000}, {15, 5100}, {30, 4900}, {45, 5300}, {60, 5400}}, "total"));
  ASSERT_EQ(one.intervals.size(), 3U);
  EXPECT_EQ(one.facts.restarts, 0U);
  EXPECT_EQ(one.facts.dips, 1U);
  EXPECT_TRUE(is_missing(one.intervals[1].bytes.tx));
  EXPECT_EQ(one.intervals[1].length, 30s);
  EXPECT_EQ(one.intervals[1].least.tx, 200);
  EXPECT_EQ(one.intervals[2].bytes.tx, 100);
}

TEST(SeriesIntervals, HaveTheLongerOfTwoLengthsThatAreThereAsOften) {
  const Made one =
      made(series_of({{60, 60}, {120, 60}, {130, 10}, {140, 10}, {180, 40}, {240, 60}}, "bytes"));
  EXPECT_EQ(one.facts.usual, 60s);
  EXPECT_EQ(unknown_time(one), 0s);
  for (const SeriesInterval& each : one.intervals) {
    EXPECT_EQ(each.bytes.tx, std::chrono::duration<double>(each.length).count());
  }
}

TEST(SeriesIntervals, OfACounterCoverRowsThatAreMissing) {
  const Made one = made(series_of({{0, 0}, {15, 100}, {30, kMissing}, {45, 300}}, "total"));
  ASSERT_EQ(one.intervals.size(), 2U);
  EXPECT_EQ(one.intervals[1].length, 30s);
  EXPECT_EQ(one.intervals[1].bytes.tx, 200);
}

TEST(SeriesIntervals, AreTheSameForTheNewestFirstAndForRowsThatAreThereTwice) {
  Series series = series_of({{180, 3}, {120, 2}, {120, 2}, {60, 1}}, "bytes");
  const auto repeated = put_in_order(series);
  ASSERT_TRUE(repeated);
  EXPECT_EQ(*repeated, 1U);
  EXPECT_EQ(made(series).intervals.size(), 3U);
  EXPECT_EQ(made(series_of({{60, 1}, {60, 2}}, "bytes")).error,
            "x.csv: lines 2 and 3 have the same time, 1970-01-01 00:01:00Z, and differ");
}

TEST(SeriesIntervals, CannotBeMadeOfOneRowWithoutItsLength) {
  EXPECT_NE(made(series_of({{60, 1}}, "bytes")).error.find("it has one row"), std::string::npos);
  Series told = series_of({{60, 1}}, "bytes");
  told.period = 60s;
  EXPECT_EQ(made(told).intervals.size(), 1U);
  EXPECT_NE(made(series_of({}, "bytes")).error, "");
}

}  // namespace
}  // namespace cgtally
