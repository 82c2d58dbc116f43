// SPDX-License-Identifier: Apache-2.0
// Files in the form of each monitor: what they are taken for, and the bytes that come out.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "adapters/series/read.h"
#include "core/series/intervals.h"
#include "core/series/join.h"

namespace cgtally::series {
namespace {

using namespace std::chrono_literals;

struct Node {
  std::string format;
  std::string name;
  IntervalFacts facts;
  std::vector<std::string> notes;
  PerDirection<double> bytes;  // sum of what is known
  Nanoseconds unknown{};       // of the sent traffic
  double first_rate = 0;       // sent, bit/s
};

struct FilesRead {
  std::vector<Node> nodes;
  std::string error;
  std::string hint;

  // Sent, the mean over what is known.
  [[nodiscard]] double tx_mbit() const {
    const Node& node = nodes.at(0);
    const Nanoseconds known = node.facts.end - node.facts.begin - node.unknown;
    return node.bytes.tx * 8e-6 / std::chrono::duration<double>(known).count();
  }
};

Node node_of(const Series& series) {
  Node node;
  node.format = series.format;
  node.name = series.node;
  node.notes = series.notes;
  const auto facts = make_intervals(series, [&](const SeriesInterval& one) {
    for (const Direction direction : kDirections) {
      if (!is_missing(one.bytes[direction])) node.bytes[direction] += one.bytes[direction];
    }
    if (is_missing(one.bytes.tx)) node.unknown += one.length;
    if (node.first_rate == 0) {
      node.first_rate = one.bytes.tx * 8 / std::chrono::duration<double>(one.length).count();
    }
  });
  EXPECT_TRUE(facts);
  if (facts) node.facts = *facts;
  return node;
}

std::string path_of(const std::string& file) {
  const bool cloudwatch = file.starts_with("cloudwatch");
  return std::string(CGTALLY_SOURCE_DIR) + "/tests/data/series/" +
         (cloudwatch ? "cloudwatch/" : "monitors/") + file;
}

FilesRead read_files(const std::vector<std::string>& files, const ReadOptions& options = {}) {
  FilesRead result;
  std::vector<Series> all;
  const auto fail = [&result](const Error& error) {
    result.error = error.what;
    result.hint = error.hint;
    return result;
  };
  for (const std::string& file : files) {
    auto input = text::Input::open(path_of(file));
    if (!input) return fail(input.error());
    auto read = read_series(*input, options);
    if (!read) return fail(read.error());
    for (Series& one : *read) all.push_back(std::move(one));
  }
  auto nodes = join_nodes(std::move(all), false);
  if (!nodes) return fail(nodes.error());
  for (const Series& one : *nodes) result.nodes.push_back(node_of(one));
  return result;
}

ReadOptions told(const std::string& tx, const std::string& unit) {
  ReadOptions options;
  options.columns.tx = tx;
  options.unit = *parse_series_unit(unit);
  return options;
}

bool ends_with(const std::string& text, const std::string& end) { return text.ends_with(end); }

TEST(SeriesFiles, OfCloudWatchSayTheSameInEachFormOfOutput) {
  for (const char* const file :
       {"cloudwatch_sum.json", "cloudwatch_sum.json.gz", "cloudwatch_text.txt",
        "cloudwatch_table.txt", "cloudwatch_metric_data.json", "cloudwatch_metric_data.txt",
        "cloudwatch_metric_data_table.txt", "cloudwatch_console.csv"}) {
    SCOPED_TRACE(file);
    const FilesRead read = read_files({file});
    ASSERT_EQ(read.nodes.size(), 1U) << read.error;
    EXPECT_DOUBLE_EQ(read.tx_mbit(), 64);
    EXPECT_EQ(read.nodes[0].facts.begin, 1'795'687'200s);
    EXPECT_EQ(read.nodes[0].facts.end, 1'795'687'500s);
    EXPECT_EQ(read.nodes[0].unknown, 0s);
    EXPECT_NE(read.nodes[0].format.find("CloudWatch"), std::string::npos);
    const bool both = std::string(file).find("metric_data") != std::string::npos ||
                      std::string(file).find("console") != std::string::npos;
    EXPECT_EQ(read.nodes[0].bytes.rx, both ? 300e6 : 0);
  }
}

TEST(SeriesFiles, OfCloudWatchWithoutTheMetricsNameAskForTheDirection) {
  EXPECT_NE(read_files({"cloudwatch_query.json"}).hint.find("--tx-column"), std::string::npos);
  ReadOptions options;
  options.columns.tx = "metric";
  EXPECT_DOUBLE_EQ(read_files({"cloudwatch_query.json"}, options).tx_mbit(), 64);
}

TEST(SeriesFiles, OfCloudWatchReadAnAverageOnlyWithWhatItTakes) {
  EXPECT_DOUBLE_EQ(read_files({"cloudwatch_average.json"}).tx_mbit(), 12.8);
  const FilesRead alone = read_files({"cloudwatch_average_alone.json"});
  EXPECT_NE(alone.error.find("an Average of NetworkOut is that of one sample"), std::string::npos);
  EXPECT_NE(alone.hint.find("--period 60s"), std::string::npos);
  ReadOptions options;
  options.period = 60s;
  const FilesRead with = read_files({"cloudwatch_average_alone.json"}, options);
  EXPECT_DOUBLE_EQ(with.tx_mbit(), 12.8);
  EXPECT_EQ(with.nodes.at(0).notes.size(), 1U);
  EXPECT_NE(read_files({"cloudwatch_maximum.json"}).error, "");
  EXPECT_NE(read_files({"cloudwatch_packets.json"}).error.find("counts packets"),
            std::string::npos);
}

TEST(SeriesFiles, OfCloudWatchAreExactWhereThePeriodChanges) {
  for (const char* const file : {"cloudwatch_retention.json", "cloudwatch_coarser.json"}) {
    const FilesRead read = read_files({file});
    EXPECT_DOUBLE_EQ(read.tx_mbit(), 64) << file;
    EXPECT_EQ(read.nodes.at(0).unknown, 0s) << file;
    EXPECT_TRUE(read.nodes.at(0).facts.other_length) << file;
  }
}

TEST(SeriesFiles, OfSysstatAreFoundOutAndTheirKilobytesAre1024) {
  const FilesRead cron = read_files({"sadf_debian_cron.csv"});
  ASSERT_EQ(cron.nodes.size(), 1U) << cron.error;
  EXPECT_EQ(cron.nodes[0].name, "web1");
  EXPECT_DOUBLE_EQ(cron.nodes[0].first_rate, 32e6);
  EXPECT_EQ(cron.nodes[0].unknown, 0s);
  EXPECT_EQ(cron.nodes[0].facts.end - cron.nodes[0].facts.begin, 10h);
  for (const char* const file : {"sadf.csv", "sadf.json"}) {  // as sysstat 12.6 wrote them
    const FilesRead real = read_files({file});
    ASSERT_EQ(real.nodes.size(), 1U) << real.error;
    EXPECT_EQ(real.nodes[0].facts.rows, 3U);
    EXPECT_EQ(real.nodes[0].facts.usual, 1s);
    EXPECT_TRUE(ends_with(real.nodes[0].format, ", eth0"));
  }
}

TEST(SeriesFiles, OfSysstatKeepARestartAndDecimalCommasApart) {
  const FilesRead read = read_files({"sadf_restart_german.csv"});
  ASSERT_EQ(read.nodes.size(), 1U) << read.error;
  EXPECT_EQ(read.nodes[0].unknown, 10min);
  EXPECT_NEAR(read.tx_mbit(), 80, 1e-4);
}

TEST(SeriesFiles, WithSeveralInterfacesAskWhichAndSumThoseThatAreNamed) {
  const FilesRead asks = read_files({"sadf_two_interfaces.csv"});
  EXPECT_NE(asks.error.find("it has several series: ens5, ens6"), std::string::npos);
  ReadOptions options;
  options.interfaces = {"ens5"};
  EXPECT_DOUBLE_EQ(read_files({"sadf_two_interfaces.csv"}, options).tx_mbit(), 64);
  options.interfaces = {"ens*"};
  EXPECT_NEAR(read_files({"sadf_two_interfaces.csv"}, options).tx_mbit(), 80, 1e-4);
  options.interfaces = {"wlan0"};
  EXPECT_NE(read_files({"sadf_two_interfaces.csv"}, options).hint.find("ens5, ens6, lo"),
            std::string::npos);
}

TEST(SeriesFiles, OfPrometheusAreCountersOrRatesAsTheirNamesOrTheUserSay) {
  const FilesRead counters = read_files({"prometheus_counters.json"});
  ASSERT_EQ(counters.nodes.size(), 1U) << counters.error;
  EXPECT_EQ(counters.nodes[0].name, "10.0.3.17:9100");
  EXPECT_DOUBLE_EQ(counters.tx_mbit(), 80);
  EXPECT_NE(read_files({"prometheus_rate.json"}).hint.find("--tx-column value"), std::string::npos);
  const FilesRead rate = read_files({"prometheus_rate.json"}, told("value", "B/s"));
  EXPECT_DOUBLE_EQ(rate.tx_mbit(), 80);
  EXPECT_EQ(rate.nodes.at(0).unknown, 15s);
  const FilesRead real = read_files({"prometheus.json"});  // as Prometheus 2.42 answered
  ASSERT_EQ(real.nodes.size(), 1U) << real.error;
  EXPECT_EQ(real.nodes[0].facts.rows, 7U);
}

TEST(SeriesFiles, OfVnstatEndTheirNewestRowWithTheUpdate) {
  const FilesRead read = read_files({"vnstat.json"});
  ASSERT_EQ(read.nodes.size(), 1U) << read.error;
  EXPECT_EQ(read.nodes[0].format, "vnstat --json, fiveminute, eth0");
  EXPECT_DOUBLE_EQ(read.tx_mbit(), 64);
  EXPECT_EQ(read.nodes[0].facts.end - read.nodes[0].facts.begin, 340s);
}

TEST(SeriesFiles, OfGrafanaAreReadInBothKinds) {
  const FilesRead rows = read_files({"grafana_by_series.csv"}, told("eth0 out", "B/s"));
  ASSERT_EQ(rows.nodes.size(), 1U) << rows.error;
  EXPECT_NEAR(rows.nodes[0].first_rate, 721'992'142.283 * 8, 1);
  EXPECT_EQ(rows.nodes[0].facts.usual, 1h);
  ReadOptions options;
  options.unit = *parse_series_unit("Mbit/s");
  const FilesRead joined = read_files({"grafana_joined.csv"}, options);
  ASSERT_EQ(joined.nodes.size(), 1U) << joined.error;
  EXPECT_NEAR(joined.tx_mbit(), (96 + 1200 + 96) / 3.0, 1e-6);
  EXPECT_NE(read_files({"grafana_unquoted_thousands.csv"}, told("Value", "B/s"))
                .error.find("line 2: 6 fields, and the header has 3"),
            std::string::npos);
}

TEST(SeriesFiles, OfDstatLoseItsFirstRowAndPassTheYear) {
  const FilesRead read = read_files({"dstat.csv"});
  ASSERT_EQ(read.nodes.size(), 1U) << read.error;
  EXPECT_DOUBLE_EQ(read.tx_mbit(), 100);
  EXPECT_EQ(read.nodes[0].facts.end - read.nodes[0].facts.begin, 30s);
  EXPECT_TRUE(ends_with(read.nodes[0].format, ", total"));
  ReadOptions options;
  options.interfaces = {"eth0"};
  EXPECT_DOUBLE_EQ(read_files({"dstat.csv"}, options).tx_mbit(), 72);
  EXPECT_NE(read_files({"two_columns_of_one_name.csv"}, told("send", "B/s"))
                .error.find("two columns are called send, the 3. and the 5."),
            std::string::npos);
}

TEST(SeriesFiles, OfIfstatPassMidnight) {
  const FilesRead read = read_files({"ifstat.txt"});
  ASSERT_EQ(read.nodes.size(), 1U) << read.error;
  EXPECT_NEAR(read.tx_mbit(), 100, 1e-4);
  EXPECT_EQ(read.nodes[0].facts.end - read.nodes[0].facts.begin, 3s);
}

TEST(SeriesFiles, InLocalTimeLackNoHourAndHaveNoneTwice) {
  ReadOptions options = told("out", "Mbit/s");
  options.zone = "Europe/Berlin";
  for (const char* const file : {"local_spring.csv", "local_autumn.csv"}) {
    const FilesRead read = read_files({file}, options);
    ASSERT_EQ(read.nodes.size(), 1U) << read.error;
    EXPECT_EQ(read.nodes[0].unknown, 0s) << file;
    EXPECT_EQ(read.nodes[0].facts.rows, 6U) << file;
    EXPECT_EQ(read.nodes[0].facts.end - read.nodes[0].facts.begin, 3h) << file;
  }
  options.zone = "";
  EXPECT_NE(read_files({"local_autumn.csv"}, options).error.find("the clock was set back"),
            std::string::npos);
  options.zone = "Europe/Berln";
  EXPECT_NE(check(options).error().what.find("there is no such time zone"), std::string::npos);
}

TEST(SeriesFiles, InAnyTextAreReadAlike) {
  const FilesRead tabs = read_files({"milliseconds.tsv"}, told("out", "bytes"));
  EXPECT_DOUBLE_EQ(tabs.tx_mbit(), 80) << tabs.error;
  const FilesRead wide = read_files({"utf16.csv"}, told("out", "bytes"));
  EXPECT_NEAR(wide.tx_mbit(), 10, 1e-6) << wide.error;
}

TEST(SeriesFiles, WithOneRowTooManyAreExact) {
  const FilesRead read = read_files({"one_short_row.csv"}, told("out", "bytes"));
  EXPECT_DOUBLE_EQ(read.tx_mbit(), 32) << read.error;
  EXPECT_EQ(read.nodes.at(0).unknown, 0s);
}

TEST(SeriesFiles, OfCountersSayWhatTheyDoNotKnow) {
  const FilesRead restart = read_files({"counter_restart.csv"}, told("value", "total"));
  EXPECT_DOUBLE_EQ(restart.tx_mbit(), 80) << restart.error;
  EXPECT_EQ(restart.nodes.at(0).facts.restarts, 1U);
  EXPECT_EQ(restart.nodes.at(0).unknown, 15s);
  const FilesRead lacks = read_files({"missing_samples.csv"}, told("value", "total"));
  EXPECT_EQ(lacks.nodes.at(0).unknown, 0s);
  EXPECT_EQ(lacks.nodes.at(0).facts.restarts, 0U);
}

TEST(SeriesFiles, ThatCanBeReadTwoWaysOrAreDamagedAreRefusedWithLineColumnAndCure) {
  const FilesRead two = read_files({"two_readings.csv"}, told("out", "bytes"));
  EXPECT_TRUE(
      ends_with(two.error, "line 2: column out: \"1,234\" can be read two ways: 1234 or 1.234"));
  EXPECT_NE(two.hint.find("--decimal comma"), std::string::npos);
  ReadOptions options = told("out", "bytes");
  options.decimal = DecimalMark::point;
  EXPECT_DOUBLE_EQ(read_files({"two_readings.csv"}, options).nodes.at(0).bytes.tx, 6912);
  EXPECT_TRUE(ends_with(read_files({"cut_row.csv"}, told("out", "bytes")).error,
                        "line 3: 2 fields, and the header has 3"));
  EXPECT_NE(read_files({"cut_row.csv"}, told("in", "bytes")).error.find("no column in"),
            std::string::npos);
}

}  // namespace
}  // namespace cgtally::series
