// SPDX-License-Identifier: Apache-2.0
// The header of a CSV is the sign that counting has begun: a script that waits for it and then
// sends loses nothing, whichever command writes the CSV.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/csv/rfc4180.h"
#include "adapters/sys/clock.h"
#include "e2e/private_run.h"
#include "harness/host/cgroup.h"
#include "harness/host/lateness.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr int kAtOnce = 300;
constexpr std::size_t kAtOnceBytes = 1000;
constexpr std::uint64_t kAtOnceOnWire = kAtOnce * (14 + 20 + 8 + kAtOnceBytes);

class CsvHeader : public PrivateRunTest {
 protected:
  CsvHeader() {
    for (const auto* netns : {&wire.host(), &wire.remote()}) {
      netns->sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    }
    send(1);  // and the neighbour is known
  }
  ~CsvHeader() override { std::filesystem::remove(file_); }

  void send(int count) const { send_datagrams(socket_, at("10.77.0.2", 9), count, kAtOnceBytes); }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream(file_).rdbuf();
    return all.str();
  }
  // Sends at the very moment that the header is there. The rows, each as a list of fields.
  std::vector<std::vector<std::string>> rows_of(const std::string& name, const Words& more = {},
                                                const std::string& option = "--csv") {
    std::filesystem::remove(file_);
    Words words{option, file_};
    words.insert(words.end(), more.begin(), more.end());
    Running program(command(name, words));
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (text().find('\n') == std::string::npos) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error(program.said());
    }
    header_seen = sys::now().boot;
    send(kAtOnce);
    all_sent = sys::now().boot;
    give_time(1500ms);
    (void)end(program);
    std::istringstream lines(text());
    csv::RecordReader reader(lines);
    std::vector<std::vector<std::string>> rows;
    while (reader.next().value()) rows.push_back(reader.fields());
    rows.erase(rows.begin());
    return rows;
  }
  static std::uint64_t number(const std::vector<std::string>& row, std::size_t at) {
    return std::stoull(row.at(at));
  }

  Cgroup sender{"header"};
  Nanoseconds header_seen{}, all_sent{};

 private:
  sys::Fd socket_ = sender.socket(wire.host(), AF_INET, SOCK_DGRAM);
  std::string file_ = std::filesystem::temp_directory_path() / (wire.host().name() + "-header.csv");
};

TEST_F(CsvHeader, OfRecordComesWhenAllThatFollowsIsCounted) {
  for (int round = 0; round < 3; ++round) {
    std::uint64_t sent = 0;
    for (const auto& row : rows_of("record", {"--interval", "200ms"})) {
      if (row.at(7) == sender.path()) sent += number(row, 18);
    }
    EXPECT_EQ(sent, kAtOnceOnWire);
  }
}

TEST_F(CsvHeader, OfBurstsComesWhenAllThatFollowsIsInWindows) {
  for (const Words& command : {Words{"bursts", "--csv"}, Words{"record", "--bursts"}}) {
    for (int round = 0; round < 3; ++round) {
      std::uint64_t sent = 0;
      for (const auto& row : rows_of(command[0], {"--threshold", "1bit"}, command[1])) {
        if (row.at(6) == "tx") sent += number(row, 7);
      }
      EXPECT_EQ(sent, kAtOnceOnWire) << command[0];
    }
  }
}

// A rate has no bytes of its own: what it says of its interval is between what it would say of one
// that began when the program started and of one that began with the header. Near the latter, which
// a busy machine may see late: then once more.
TEST_F(CsvHeader, OfCreditsComesWhenAllThatFollowsIsCharged) {
  double since_header = 0;
  for (int attempt = 0; attempt < 6 && since_header < 0.95 * kAtOnceOnWire; ++attempt) {
    const Nanoseconds before = sys::now().boot;
    const auto rows =
        rows_of("credits", {"--baseline", "1Gbit", "--burst", "5Gbit", "--bucket", "1GB"});
    const auto sent = std::ranges::find_if(rows, [](const auto& row) { return row.at(3) == "tx"; });
    ASSERT_NE(sent, rows.end());
    const auto end = Nanoseconds(number(*sent, 1));
    if (end < all_sent) continue;  // the rest is in the next row
    const double rate = static_cast<double>(number(*sent, 5)) / 8;
    const auto carried_since = [&](Nanoseconds then) {
      return rate * std::chrono::duration<double>(end - then).count();
    };
    EXPECT_GE(carried_since(before) + 1, kAtOnceOnWire);
    since_header = carried_since(header_seen);
    EXPECT_LE(since_header, kAtOnceOnWire + 1);
  }
  EXPECT_GE(since_header, 0.95 * kAtOnceOnWire);
}

TEST_F(CsvHeader, OfLiveComesWhenAllThatFollowsIsCounted) {
  std::uint64_t sent = 0;
  for (const auto& row : rows_of("live", {"--interval", "200ms"})) {
    if (row.at(7) == sender.path()) sent += number(row, 18);
  }
  EXPECT_EQ(sent, kAtOnceOnWire);
}

}  // namespace
}  // namespace cgtally::harness
