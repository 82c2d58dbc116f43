// SPDX-License-Identifier: Apache-2.0
// Figures of other monitors, turned into intervals with bytes.
#include "core/replay/foreign_series.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "adapters/csv/foreign_series.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

struct Read {
  std::vector<SeriesInterval> intervals;
  std::string error;
  std::size_t restarts = 0;
};

Read read(const std::string& text, const std::string& unit, bool start = false,
          const csv::SeriesColumns& columns = {.time = "time", .rx = "", .tx = "tx"}) {
  Read result;
  const auto parsed = parse_series_unit(unit);
  EXPECT_TRUE(parsed);
  ForeignSeries series(*parsed, start,
                       [&](const SeriesInterval& one) { result.intervals.push_back(one); });
  std::istringstream in(text);
  const auto done = csv::for_each_series_row(in, "x.csv", columns,
                                             [&](const SeriesRow& row) { return series.add(row); });
  series.finish();
  if (!done) result.error = done.error().what;
  result.restarts = series.restarts();
  return result;
}

TEST(ForeignSeries, UnderstandsTheUnitsOfOtherMonitors) {
  const auto bytes_a_second = [](const std::string& unit) {
    const Read one = read("time,tx\n100,1\n101,1\n", unit);
    return one.intervals.at(0).moved.tx_bytes.value;
  };
  EXPECT_EQ(bytes_a_second("bytes"), 1U);
  EXPECT_EQ(bytes_a_second("kbit/s"), 125U);
  EXPECT_EQ(bytes_a_second("Mbit/s"), 125'000U);
  EXPECT_EQ(bytes_a_second("Gbit/s"), 125'000'000U);
  EXPECT_EQ(bytes_a_second("KiB/s"), 1'024U);
  EXPECT_FALSE(parse_series_unit("parsecs"));
}

TEST(ForeignSeries, TakesACounterApartAndNeverWrapsIt) {
  const Read one = read("time,tx\n0,317669466\n10,317669566\n20,692608\n", "total");
  ASSERT_EQ(one.intervals.size(), 2U);
  EXPECT_EQ(one.intervals[0].moved.tx_bytes, Bytes{100});
  EXPECT_EQ(one.intervals[1].moved.tx_bytes, Bytes{692'608});
  EXPECT_EQ(one.restarts, 1U);
}

TEST(ForeignSeries, GivesARowTheIntervalThatEndsOrBeginsWithIt) {
  const std::string text = "time,tx\n0,600\n60,1200\n120,1800\n";
  const Read ends = read(text, "bytes");
  ASSERT_EQ(ends.intervals.size(), 2U);
  EXPECT_EQ(ends.intervals[0].moved.tx_bytes, Bytes{1200});
  EXPECT_EQ(ends.intervals[0].now.wall, 60s);
  const Read begins = read(text, "bytes", true);
  ASSERT_EQ(begins.intervals.size(), 3U);
  EXPECT_EQ(begins.intervals[0].moved.tx_bytes, Bytes{600});
  EXPECT_EQ(begins.intervals[0].now.wall, 60s);
  EXPECT_EQ(begins.intervals[2].now.wall, 180s);
}

TEST(ForeignSeries, SaysWhatWasNotRecorded) {
  const Read one = read("time,tx\n0,8\n1,8\n2,8\n10,8\n", "bit/s");
  ASSERT_EQ(one.intervals.size(), 3U);
  EXPECT_EQ(one.intervals[2].elapsed, 1s);
  EXPECT_EQ(one.intervals[2].gap_before, 7s);
  EXPECT_EQ(one.intervals[2].moved.tx_bytes, Bytes{1});
}

TEST(ForeignSeries, ReadsTimesInEachUsualForm) {
  EXPECT_EQ(parse_series_time("1795000000"), 1'795'000'000s);
  EXPECT_EQ(parse_series_time("1795000000.5"), 1'795'000'000'500ms);
  EXPECT_EQ(parse_series_time("1795000000500"), 1'795'000'000'500ms);
  EXPECT_EQ(parse_series_time("2026-11-18T10:26:40Z"), parse_series_time("2026-11-18 10:26:40"));
  EXPECT_FALSE(parse_series_time("yesterday"));
  EXPECT_FALSE(parse_series_time("-5"));
  EXPECT_FALSE(parse_series_time("nan"));
}

TEST(ForeignSeries, RefusesWhatItCannotMean) {
  EXPECT_EQ(read("time,tx\n5,1\n4,1\n", "bytes").error,
            "x.csv: line 3: time runs backwards: 1970-01-01T00:00:04.000000000Z after "
            "1970-01-01T00:00:05.000000000Z");
  EXPECT_EQ(read("time,tx\n5,one\n", "bytes").error, "x.csv: line 2: \"one\" is not a number");
  EXPECT_EQ(read("time,tx\n5,-1\n", "bytes").error,
            "x.csv: line 2: -1 is not an amount of traffic");
  EXPECT_EQ(read("time,tx\n5,1e300\n", "bytes").error,
            "x.csv: line 2: 1e300 is not an amount of traffic");
  EXPECT_EQ(read("time,tx\nnoon,1\n", "bytes").error, "x.csv: line 2: \"noon\" is not a time");
  EXPECT_EQ(read("time,rx\n5,1\n", "bytes").error, "x.csv: there is no column tx");
  EXPECT_EQ(read("time,tx\n5\n", "bytes").error, "x.csv: line 2: has too few fields");
  EXPECT_EQ(read("", "bytes").error, "x.csv is empty");
}

TEST(ForeignSeries, LeavesOutRowsThatWereNotMeasured) {
  const Read one = read("time,tx\n0,5\n1,\n2,5\n", "bytes");
  EXPECT_EQ(one.error, "");
  EXPECT_EQ(one.intervals.size(), 1U);
}

}  // namespace
}  // namespace cgtally
