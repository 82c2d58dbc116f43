// SPDX-License-Identifier: Apache-2.0
// A hundred random workloads on random buckets, exported by random monitors with gaps and restarts:
// the interval of the balance contains the truth in all of them, and none is refused.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "core/base/timestamp.h"
#include "monitor/offline/node_credits.h"
#include "monitor/offline/series_nodes.h"

namespace cgtally::monitor {
namespace {

// Traffic by the second, limited by a true token bucket.
struct Truth {
  double baseline = 0;  // bytes a second
  double burst = 0;
  double capacity = 0;
  double balance = 0;  // at the end
  std::vector<double> bytes;
};

constexpr int kRows = 60;

Truth make_truth(std::mt19937& random, int period) {
  const auto between = [&random](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  Truth truth;
  truth.baseline = std::round(between(5e6, 300e6));
  truth.burst = std::round(truth.baseline * between(2, 20));
  truth.capacity = std::round(truth.baseline * between(500, 5000));
  truth.balance = truth.capacity;
  double wanted = truth.baseline;
  for (int second = 0; second < kRows * period; ++second) {
    // A level for some minutes, and sometimes more than there are credits for.
    if (second % 300 == 0) wanted = truth.baseline * between(0.1, between(0, 1) < 0.3 ? 4 : 1.2);
    const double allowed = std::min(truth.burst, truth.baseline + truth.balance);
    const double sent = std::floor(std::min(wanted * between(0.8, 1.2), allowed));
    truth.balance = std::clamp(truth.balance + truth.baseline - sent, 0.0, truth.capacity);
    truth.bytes.push_back(sent);
  }
  return truth;
}

struct Export {
  std::string text;
  std::string name;
  series::ReadOptions options;
};

constexpr std::int64_t kBegin = 1'795'687'200;
constexpr double kCounterAtBegin = 4e9;

std::string moment(std::int64_t second) { return format_date_time(std::chrono::seconds{second}); }

// What a monitor writes of it; a row is left out with a chance of 1 to 20, not at the ends.
class Exporter {
 public:
  Exporter(const Truth& truth, std::mt19937& random, int period) : period_(period) {
    bool gap_before = false;
    double total = kCounterAtBegin;
    for (int row = 0; row < kRows; ++row) {
      double sum = 0;
      for (int i = 0; i < period; ++i) {
        sum += truth.bytes[static_cast<std::size_t>(row * period + i)];
      }
      total += sum;
      if (row == restart_at(random)) total = sum / 2;
      const bool edge = row < 3 || row > kRows - 4 || gap_before;
      gap_before = !edge && random() % 20 == 0;
      rows_.push_back({kBegin + row * period, sum, total, gap_before});
    }
  }

  Export cloudwatch() const {
    Export result{.text = "{\"Datapoints\": [", .name = "cloudwatch", .options = {}};
    std::string separator;
    for (const Row& row : rows_) {
      if (row.lacks) continue;
      result.text += fmt::format(R"({}{{"Unit": "Bytes", "Sum": {:.1f}, "Timestamp": "{}"}})",
                                 separator, row.bytes, moment(row.begin).replace(10, 1, "T"));
      separator = ",\n";
    }
    result.text += "], \"Label\": \"NetworkBytesOut\"}";
    return result;
  }
  Export sadf() const {
    Export result{.text = "# hostname;interval;timestamp;IFACE;rxpck/s;txpck/s;rxkB/s;txkB/s\n",
                  .name = "sadf",
                  .options = {}};
    for (const Row& row : rows_) {
      if (row.lacks) continue;
      result.text += fmt::format("web1;{};{} UTC;eth0;1,00;1,00;1,00;{}\n", period_,
                                 moment(row.begin + period_).substr(0, 19),
                                 with_comma(row.bytes / period_ / 1024));
    }
    return result;
  }
  Export prometheus() const {
    Export result{.text =
                      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
                      R"({"__name__":"node_network_transmit_bytes_total","device":"eth0"},)"
                      R"("values":[)",
                  .name = "prometheus",
                  .options = {}};
    result.text += fmt::format("[{}.5,\"{:.0f}\"]", kBegin, kCounterAtBegin);
    for (const Row& row : rows_) {
      if (!row.lacks) {
        result.text += fmt::format(",[{}.5,\"{:.0f}\"]", row.begin + period_, row.total);
      }
    }
    result.text += "]}]}}";
    return result;
  }
  Export table(bool newest_first) const {
    Export result{.text = "\xEF\xBB\xBFtime\tout\r\n", .name = "table", .options = {}};
    std::vector<std::string> lines;
    for (const Row& row : rows_) {
      if (row.lacks) continue;
      lines.push_back(fmt::format("{}\t{:.3f}\r\n", (row.begin + period_) * 1000,
                                  row.bytes * 8 / 1e6 / period_));
    }
    if (newest_first) std::ranges::reverse(lines);
    for (const std::string& line : lines) result.text += line;
    result.options.unit = *parse_series_unit("Mbit/s");
    return result;
  }

 private:
  struct Row {
    std::int64_t begin;
    double bytes;
    double total;  // a counter at its end
    bool lacks;
  };
  int restart_at(std::mt19937& random) {
    if (restart_ == 0) restart_ = random() % 2 == 0 ? 20 : -1;
    return restart_;
  }
  static std::string with_comma(double value) {
    std::string text = fmt::format("{:.2f}", value);
    std::ranges::replace(text, '.', ',');
    return text;
  }

  int period_;
  int restart_ = 0;
  std::vector<Row> rows_;
};

struct Judged {
  std::string error;
  double lo = 0;
  double hi = 0;
};

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

Judged judge(const Export& exported, const Truth& truth) {
  const std::string base = testing::TempDir() + fmt::format("cgt-random-{}", getpid());
  std::ofstream(base, std::ios::binary) << exported.text;
  std::filesystem::remove(base + ".csv");
  Judged result;
  std::vector<text::Input> inputs;
  inputs.push_back(*text::Input::open(base));
  ReplayCreditOptions options;
  options.read = exported.options;
  options.instance.baseline = BitRate{static_cast<std::uint64_t>(truth.baseline * 8)};
  options.instance.burst = BitRate{static_cast<std::uint64_t>(truth.burst * 8)};
  options.instance.bucket = ByteRange{truth.capacity, truth.capacity};
  options.instance.start = BucketStart::full;
  auto nodes = read_nodes(inputs, options.read, false);
  const auto text = nodes ? judge_nodes(*std::move(nodes), options, base + ".csv")
                          : Result<std::string>(std::unexpected(nodes.error()));
  if (!text) {
    result.error = text.error().what;
  } else {
    std::ifstream csv(base + ".csv");
    std::string line;
    while (std::getline(csv, line)) {
      const auto fields = fields_of(line);
      if (fields.size() < 11 || fields[1] != "tx") continue;
      result.lo = std::stod(fields[9]);
      result.hi = std::stod(fields[10]);
    }
  }
  std::filesystem::remove(base);
  std::filesystem::remove(base + ".csv");
  return result;
}

TEST(RandomSeries, ContainTheTruthInEachFormatAndNoneIsRefused) {
  double widest_share = 0;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    std::mt19937 random(seed);
    const int period = std::array{15, 60, 300}.at(random() % 3);
    const Truth truth = make_truth(random, period);
    const Exporter exporter(truth, random, period);
    const Export exported = std::array{exporter.cloudwatch(), exporter.sadf(),
                                       exporter.prometheus(), exporter.table(seed % 2 == 0)}
                                .at(random() % 4);
    const Judged judged = judge(exported, truth);
    ASSERT_EQ(judged.error, "") << exported.name << ", seed " << seed;
    // sadf and the table are rounded to hundredths of kB/s and thousandths of Mbit/s.
    const double rounding = period * kRows * 130.0;
    EXPECT_LE(judged.lo, truth.balance + rounding) << exported.name << ", seed " << seed;
    EXPECT_GE(judged.hi, truth.balance - rounding) << exported.name << ", seed " << seed;
    widest_share = std::max(widest_share, (judged.hi - judged.lo) / truth.capacity);
  }
  EXPECT_LE(widest_share, 1);
}

}  // namespace
}  // namespace cgtally::monitor
