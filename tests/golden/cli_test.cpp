// SPDX-License-Identifier: Apache-2.0
// Compares the binary's output that needs no kernel, byte for byte, with the files in expected/:
// help, version, and the answers to wrong usage. With CGTALLY_WRITE_GOLDEN=1 in the environment the
// files are written again, and the test fails, so that nobody takes that for a pass.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/csv/allowances.h"
#include "adapters/csv/bursts.h"
#include "adapters/csv/comparisons/compared_intervals.h"
#include "adapters/csv/credits.h"
#include "adapters/csv/json_lines.h"
#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/nodes.h"
#include "adapters/csv/samples.h"
#include "adapters/csv/sizing.h"
#include "adapters/csv/totals.h"
#include "harness/host/command.h"

namespace cgtally {
namespace {

struct Case {
  std::string name;  // of the file in expected/, and of the test
  std::vector<std::string> arguments;
  int exit_code;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

std::string path_of(const std::string& name) {
  return std::string(CGTALLY_SOURCE_DIR) + "/tests/golden/expected/" + name;
}

void expect_golden(const std::string& name, const std::string& actual) {
  if (std::getenv("CGTALLY_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path_of(name)) << actual;
    FAIL() << "wrote " << path_of(name);
  }
  std::ifstream file(path_of(name));
  ASSERT_TRUE(file) << path_of(name);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str());
}

// Of another monitor; read from the directory in which it lies, so that no message has its path.
const std::string kSeriesDirectory = std::string(CGTALLY_SOURCE_DIR) + "/tests/data/series";
const std::string kLives = "../lifecycle/mirror.csv";
const std::string kSeries = "monitors/one_short_row.csv";

class Cli : public testing::TestWithParam<Case> {};

TEST_P(Cli, SaysWhatItAlwaysSaid) {
  std::vector<std::string> command{"env", "-C", kSeriesDirectory, CGTALLY_BINARY};
  command.insert(command.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  const harness::Finished finished = harness::finish(command);
  EXPECT_EQ(finished.exit_code, GetParam().exit_code);
  // Output goes to stdout, an error to stderr, and nothing to the other.
  const bool answers = GetParam().exit_code == 0 || GetParam().exit_code == 4;
  EXPECT_EQ(answers ? finished.err : finished.out, "");
  expect_golden(GetParam().name, answers ? finished.out : finished.err);
}

INSTANTIATE_TEST_SUITE_P(
    Help, Cli,
    testing::Values(
        Case{"help", {"--help"}, 0}, Case{"help_live", {"live", "--help"}, 0},
        Case{"help_record", {"record", "--help"}, 0},
        Case{"help_credits", {"credits", "--help"}, 0},
        Case{"help_bursts", {"bursts", "--help"}, 0}, Case{"help_totals", {"totals", "--help"}, 0},
        Case{"help_lifecycle", {"lifecycle", "--help"}, 0},
        Case{"help_serve", {"serve", "--help"}, 0}, Case{"help_replay", {"replay", "--help"}, 0},
        Case{"help_report", {"report", "--help"}, 0}, Case{"help_size", {"size", "--help"}, 0},
        Case{"help_compare", {"compare", "--help"}, 0}, Case{"help_up", {"up", "--help"}, 0},
        Case{"help_down", {"down", "--help"}, 0}, Case{"help_status", {"status", "--help"}, 0},
        Case{"help_doctor", {"doctor", "--help"}, 0},
        Case{"help_selftest", {"selftest", "--help"}, 0}, Case{"version", {"--version"}, 0}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(Lifecycle, Cli,
                         testing::Values(Case{
                             "replay_lifecycle", {"replay", kLives, "--lifecycle"}, 0}),
                         [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Report, Cli,
    testing::Values(Case{"report_page",
                         {"report", "../report/samples.csv", "../report/bursts.csv",
                          "../report/credits.csv", "../report/lifecycle.csv", "-o", "-"},
                         0},
                    Case{"report_of_a_kind_not_shown", {"report", "../report/totals.csv"}, 2}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    WrongUsage, Cli,
    testing::Values(
        Case{"lifecycle_once_and_duration", {"lifecycle", "--once", "--duration", "1s"}, 2},
        Case{"replay_lifecycle_and_top", {"replay", kLives, "--lifecycle", "--top", "3"}, 2},
        Case{"totals_csv_and_json", {"totals", "--csv", "-", "--json"}, 2},
        Case{"unknown_command", {"frobnicate"}, 2}, Case{"unknown_option", {"live", "--frob"}, 2},
        Case{"option_without_value", {"record", "--interval"}, 2},
        Case{"option_given_twice", {"record", "--csv", "a.csv", "--csv", "b.csv"}, 2},
        Case{"unknown_option_without_command", {"--frob"}, 2},
        Case{"interval_too_short", {"record", "--interval", "99ms"}, 2},
        Case{"interval_too_long", {"--interval", "61m"}, 2},
        Case{"interval_without_unit", {"live", "--interval", "5"}, 2},
        Case{"duration_of_nothing", {"live", "--duration", "0s"}, 2},
        Case{"slots_too_few", {"live", "--slots", "63"}, 2},
        Case{"slots_too_many", {"live", "--slots", "1048577"}, 2},
        Case{"top_of_nothing", {"live", "--top", "0"}, 2},
        Case{"host_root_missing", {"doctor", "--host-root", "/nowhere"}, 2},
        Case{"live_csv_to_stdout", {"live", "--csv", "-"}, 2},
        Case{"credits_unknown_type", {"credits", "--instance", "t4g.mirco"}, 2},
        Case{"credits_negative_baseline", {"credits", "--baseline", "-5Mbit"}, 2},
        Case{"credits_overflowing_burst", {"credits", "--burst", "99999999999Gbit"}, 2},
        Case{"credits_burst_below_baseline",
             {"credits", "--baseline", "5Gbit", "--burst", "1Gbit"},
             2},
        Case{"serve_wrong_address", {"serve", "--listen", "example.org:80"}, 2},
        Case{"serve_beyond_loopback_without_token", {"serve", "--listen", "0.0.0.0:9435"}, 2},
        Case{"credits_warn_without_unit", {"credits", "--warn", "5"}, 2},
        Case{"credits_weighting_unknown", {"credits", "--weighting", "ebs-2"}, 2},
        Case{"credits_weighting_and_baseline",
             {"credits", "--instance", "m8g.large", "--weighting", "vpc-1", "--baseline", "1Gbit"},
             2},
        Case{"credits_imds_and_instance", {"credits", "--imds", "--instance", "t4g.micro"}, 2},
        Case{"replay_column_without_unit", {"replay", kSeries, "--tx-column", "out"}, 2},
        Case{"replay_column_without_limits",
             {"replay", kSeries, "--tx-column", "out", "--unit", "bytes"},
             2},
        Case{"replay_unit_unknown",
             {"replay", "x.csv", "--tx-column", "b", "--unit", "furlongs"},
             2},
        Case{"replay_credits_without_limits", {"replay", "x.csv", "--credits", "-"}, 2},
        Case{"window_too_short", {"bursts", "--window", "99us"}, 2},
        Case{"window_too_long", {"bursts", "--window", "101ms"}, 2},
        Case{"threshold_without_unit", {"bursts", "--threshold", "50"}, 2},
        Case{"threshold_of_more_than_all", {"bursts", "--threshold", "101%"}, 2},
        Case{"dump_over_without_unit", {"bursts", "--dump", "d", "--dump-over", "2"}, 2},
        Case{"dump_over_without_dump", {"bursts", "--dump-over", "2Gbit"}, 2},
        Case{"dump_size_without_dump", {"bursts", "--dump-size", "10MB"}, 2},
        Case{"dump_size_without_unit", {"bursts", "--dump", "d", "--dump-size", "10"}, 2},
        Case{"dump_most_of_nothing", {"bursts", "--dump", "d", "--dump-most", "0"}, 2},
        Case{"bursts_of_record_to_stdout", {"record", "--bursts", "-"}, 2},
        Case{"window_without_unit", {"bursts", "--window", "1"}, 2},
        Case{"dump_most_too_many", {"bursts", "--dump", "d", "--dump-most", "100001"}, 2},
        Case{"top_too_many", {"replay", "x.csv", "--top", "1000001"}, 2},
        Case{"top_no_number", {"size", "x.csv", "--top", "ten"}, 2},
        Case{"credits_zero_baseline", {"credits", "--baseline", "0bit"}, 2},
        Case{"credits_zero_burst", {"credits", "--burst", "0Gbit"}, 2},
        Case{"credits_zero_bucket", {"credits", "--bucket", "0B"}, 2},
        Case{"credits_bucket_without_unit", {"credits", "--bucket", "26"}, 2},
        Case{"credits_bucket_reversed", {"credits", "--bucket", "53GB..13GB"}, 2},
        Case{"credits_start_unknown", {"credits", "--start", "half"}, 2},
        Case{"replay_without_file", {"replay"}, 2},
        Case{"size_types_and_instance",
             {"size", "x.csv", "--types", "t4g.*", "--instance", "t4g.nano"},
             2},
        Case{"size_rps_too_many", {"size", "--response-size", "1kB", "--rps", "1000000001"}, 2},
        Case{"size_pps_limit_of_nothing", {"size", "x.csv", "--pps-limit", "0"}, 2},
        Case{"size_conns_of_nothing", {"size", "x.csv", "--conns", "0", "--conns-limit", "9"}, 2},
        Case{"size_conns_limit_of_nothing",
             {"size", "x.csv", "--conns", "9", "--conns-limit", "0"},
             2},
        Case{"size_request_without_unit",
             {"size", "--response-size", "1kB", "--rps", "1", "--request-size", "64"},
             2},
        Case{"argument_of_a_command_without_any", {"status", "now"}, 2},
        Case{"netns_missing", {"record", "--netns", "cgt-nowhere", "--host-root", "/"}, 2}),
    [](const auto& one) { return one.param.name; });

const std::vector<std::string> kLimits{"--baseline", "64Mbit", "--burst", "5Gbit",
                                       "--bucket",   "100GB",  "--start", "full"};
std::vector<std::string> replayed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "replay");
  arguments.insert(arguments.end(), kLimits.begin(), kLimits.end());
  return arguments;
}

INSTANTIATE_TEST_SUITE_P(
    Series, Cli,
    testing::Values(
        Case{"series_two_days", replayed({"monitors/sadf_debian_cron.csv"}), 0},
        Case{"series_period_changes", replayed({"cloudwatch/cloudwatch_coarser.json"}), 0},
        Case{"series_restart",
             replayed({"monitors/counter_restart.csv", "--tx-column", "value", "--unit", "total"}),
             0},
        Case{"series_counter_of_two_monitors",
             replayed({"forms/counter_of_two_monitors.csv", "--tx-column", "value", "--unit",
                       "total"}),
             0},
        Case{"series_figure_cut",
             replayed({"forms/cut_figure.csv", "--tx-column", "tx_kbit", "--unit", "B/s"}), 0},
        Case{"series_for_people", replayed({"forms/sar_for_people.txt"}), 2},
        Case{"series_figures_with_units", replayed({"forms/grafana_units.csv"}), 0},
        Case{"series_dstat_epoch", replayed({"forms/dstat_epoch.csv"}), 0},
        Case{"series_date_and_clock",
             replayed({"forms/collectl.csv", "--tx-column", "[NET]TxKBTot", "--unit", "KiB/s"}), 0},
        Case{"series_gap", replayed({"monitors/sadf_restart_german.csv"}), 0},
        Case{"series_too_fast",
             replayed({"monitors/grafana_by_series.csv", "--tx-column", "eth0 out", "--unit",
                       "B/s"}),
             0},
        Case{"series_pages", replayed({"cloudwatch/page_one.json", "cloudwatch/page_two.json"}), 0},
        Case{"series_by_file",
             replayed({"cloudwatch/page_one.json", "cloudwatch/page_two.json", "--by-file"}), 0},
        Case{"series_nodes",
             replayed({"cloudwatch/node_a.json", "cloudwatch/node_b.json",
                       "cloudwatch/node_c.json"}),
             0},
        Case{"series_two_columns",
             replayed({"monitors/two_columns_of_one_name.csv", "--tx-column", "send", "--unit",
                       "B/s"}),
             2},
        Case{"series_interfaces", replayed({"monitors/sadf_two_interfaces.csv"}), 2},
        Case{"series_account", replayed({"cloudwatch/cloudwatch_sum.json", "--account", "/x"}), 2},
        Case{"series_and_recording",
             replayed({"cloudwatch/cloudwatch_sum.json", "../../../share/sample.csv"}), 2},
        Case{"series_options_with_a_recording",
             replayed({"../../../share/sample.csv", "--unit", "bytes", "--tz", "UTC"}), 2},
        Case{"series_no_zone", replayed({kSeries, "--tz", "Europe/Berln"}), 2},
        Case{"size_series",
             {"size", "cloudwatch/cloudwatch_metric_data.json", "--types", "cache.*", "--top", "3"},
             0}),
    [](const auto& one) { return one.param.name; });

const std::string kSample = std::string(CGTALLY_SOURCE_DIR) + "/share/sample.csv";

INSTANTIATE_TEST_SUITE_P(
    Replay, Cli,
    testing::Values(
        Case{"replay_weighting",
             {"replay", kSample, "--instance", "m8g.large", "--weighting", "vpc-1"},
             0},
        Case{"replay_weighting_of_an_old_type",
             {"replay", kSample, "--instance", "m5.large", "--weighting", "ebs-1"},
             0},
        Case{"replay_as", {"replay", kSample, "--as", "cache.t4g.micro", "m5.large"}, 0},
        Case{"replay_as_assumed", {"replay", kSample, "--as", "kafka.m5.*", "kafka.m5.large"}, 2},
        Case{"replay_as_unknown", {"replay", kSample, "--as", "t3.nanno"}, 2},
        Case{"replay_as_and_instance",
             {"replay", kSample, "--as", "t3.nano", "--instance", "t3.micro"},
             2},
        Case{"replay_no_such_account", {"replay", kSample, "--account", "zz*"}, 2},
        Case{"replay_no_such_interface", {"replay", kSample, "-i", "zz*"}, 2},
        Case{"replay_recording_missing", {"replay", "/nowhere/recording.csv"}, 1}),
    [](const auto& one) { return one.param.name; });

// By hand, with known answers: 100 requests a second, all mirrored, with a gap of 1.5 s; and a
// tenth of 1 200 a second on two hosts, complete, when three pods become two.
std::vector<std::string> compared(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "compare");
  return arguments;
}

INSTANTIATE_TEST_SUITE_P(
    Compare, Cli,
    testing::Values(
        Case{"compare_gap", compared({"shop", "proxy", "../compare/gap.csv"}), 4},
        Case{"compare_gap_kept_alive",
             compared({"shop", "proxy", "../compare/gap_kept_alive.csv", "--by", "container"}), 4},
        Case{"compare_gap_of_payload",
             compared({"shop", "proxy", "../compare/earlier_version.csv", "--unit", "bytes"}), 4},
        Case{"compare_two_hosts",
             compared({"shop/*", "mirror/*", "../compare/node1.csv", "../compare/node2.csv",
                       "--share", "10%", "--by", "pod"}),
             0},
        Case{"compare_wrong_share",
             compared({"shop/*", "mirror/*", "../compare/node1.csv", "../compare/node2.csv",
                       "--share", "12%", "--by", "pod"}),
             4},
        Case{"compare_earlier_version",
             compared({"shop", "proxy", "../compare/earlier_version.csv"}), 2},
        Case{"compare_twice",
             compared({"shop", "proxy", "../compare/gap.csv", "../compare/gap.csv"}), 2},
        Case{"compare_both_sides", compared({"shop", "*", "../compare/gap.csv"}), 2},
        Case{"compare_no_such_account", compared({"shop", "prxy", "../compare/gap.csv"}), 2},
        Case{"compare_share_of_nothing", compared({"a", "b", "--share", "0%"}), 2},
        Case{"compare_share_without_percent", compared({"a", "b", "--share", "0.1"}), 2},
        Case{"compare_ratio_negative", compared({"a", "b", "--ratio", "-1"}), 2},
        Case{"compare_without_mirror", {"compare", "shop"}, 2},
        Case{"compare_duration_of_files",
             compared({"a", "b", "../compare/gap.csv", "--duration", "5s"}), 2}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Size, Cli,
    testing::Values(
        Case{"size_recorded", {"size", kSample}, 0},
        Case{"size_recorded_assumed", {"size", kSample, "--instance", "kafka.m5.large"}, 0},
        Case{"size_internet",
             {"size", "--response-size", "1MB", "--rps", "800", "--types", "m5.*", "--internet"},
             0},
        Case{"size_recorded_cache", {"size", kSample, "--types", "cache.*", "--top", "4"}, 0},
        Case{"size_recorded_one", {"size", kSample, "--instance", "t4g.micro", "-i", "*"}, 0},
        Case{
            "size_incident",
            {"size", "--response-size", "32kB", "--rps", "250", "--types", "cache.*", "--top", "4"},
            0},
        Case{"size_incident_one_more",
             {"size", "--response-size", "32kB", "--rps", "251", "--instance", "cache.t4g.micro"},
             0},
        Case{"size_short_packets",
             {"size", "--response-size", "64B", "--rps", "100000", "--pps-limit", "150000", "--top",
              "2"},
             0},
        Case{"size_without_burst",
             {"size", "--response-size", "1MB", "--rps", "1", "--instance", "u-6tb1.metal"},
             0}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    SizeRefuses, Cli,
    testing::Values(
        Case{"size_of_nothing", {"size"}, 2},
        Case{"size_half_imagined", {"size", "--rps", "400"}, 2},
        Case{"size_recorded_and_imagined",
             {"size", kSample, "--response-size", "32kB", "--rps", "1"},
             2},
        Case{"size_too_much", {"size", "--response-size", "1000TB", "--rps", "1000000"}, 2},
        Case{"size_negative", {"size", "--response-size", "-32kB", "--rps", "4"}, 2},
        Case{"size_unknown_type", {"size", kSample, "--instance", "t4g.mirco"}, 2},
        Case{"size_no_such_types", {"size", kSample, "--types", "zz*"}, 2},
        Case{"size_no_such_interface", {"size", kSample, "-i", "wlan*"}, 2},
        Case{"size_connections_without_limit", {"size", kSample, "--conns", "9"}, 2},
        Case{"size_catalogue_missing", {"size", kSample, "--catalogue", "/nowhere/own.csv"}, 1},
        Case{"size_recording_missing", {"size", "/nowhere/recording.csv"}, 1}),
    [](const auto& one) { return one.param.name; });

TEST(Size, WritesARowForEachTypeAndTheScreenBesideIt) {
  const auto finished = harness::finish({CGTALLY_BINARY, "size", "--response-size", "32kB", "--rps",
                                         "251", "--types", "*t4g.micro", "--csv", "-"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_NE(finished.err.find("MOST/s"), std::string::npos);
  expect_golden("size_csv", finished.out);
}

TEST(Compare, WritesARowForEachIntervalAndTheScreenBesideIt) {
  const auto finished = harness::finish({"env", "-C", kSeriesDirectory, CGTALLY_BINARY, "compare",
                                         "shop", "proxy", "../compare/gap.csv", "--csv", "-"});
  EXPECT_EQ(finished.exit_code, 4);
  EXPECT_NE(finished.err.find("MISSING 150 connections"), std::string::npos);
  expect_golden("compare_csv", finished.out);
}

TEST(Report, HasWhatReplayShowsOfTheSameFile) {
  const std::string sample = std::string(CGTALLY_SOURCE_DIR) + "/share/sample.csv";
  const auto replay =
      harness::finish({CGTALLY_BINARY, "replay", sample, "--instance", "t4g.small"});
  const auto report =
      harness::finish({CGTALLY_BINARY, "report", sample, "--instance", "t4g.small"});
  EXPECT_EQ(report.exit_code, 0);
  ASSERT_FALSE(replay.out.empty());
  EXPECT_NE(report.out.find(replay.out), std::string::npos) << report.out;
}

// Of every CSV that a command writes: what a value of each column is in JSON.
TEST(Json, TheKindsOfTheColumnsAreAContract) {
  std::string kinds;
  for (const std::string& header :
       {csv::samples_header(), csv::totals_header(), csv::lifecycle_header(),
        csv::allowances_header(), csv::bursts_header(), csv::credits_header(), csv::nodes_header(),
        csv::compared_header(), csv::sizing_header(), csv::what_if_header()}) {
    std::istringstream names(header.substr(0, header.size() - 1));
    for (std::string name; std::getline(names, name, ',');) {
      const bool text = csv::kind_of_column(name) == csv::ColumnKind::text;
      kinds += name + (text ? " text\n" : " number\n");
    }
    kinds += '\n';
  }
  expect_golden("json_kinds", kinds);
}

TEST(Json, HasTheRowsOfTheCsv) {
  const auto finished = harness::finish({CGTALLY_BINARY, "size", "--response-size", "32kB", "--rps",
                                         "251", "--types", "*t4g.micro", "--json", "-"});
  EXPECT_EQ(finished.exit_code, 0);
  expect_golden("size_json", finished.out);
}

TEST(Csv, TheHeaderIsAContract) { expect_golden("samples_header.csv", csv::samples_header()); }
TEST(Csv, TheHeaderOfBurstsIsAContract) {
  expect_golden("bursts_header.csv", csv::bursts_header());
}
TEST(Csv, TheHeaderOfTotalsIsAContract) {
  expect_golden("totals_header.csv", csv::totals_header());
  expect_golden("lifecycle_header.csv", csv::lifecycle_header());
}

}  // namespace
}  // namespace cgtally
