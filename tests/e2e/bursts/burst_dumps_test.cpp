// SPDX-License-Identifier: Apache-2.0
// The flight recorder against a log of every packet: what is written of a burst, how much of it is
// kept, and that bursts are told whatever becomes of it.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "adapters/sys/clock.h"
#include "e2e/bursts/burst_scene.h"
#include "e2e/bursts/burst_truth.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class BurstDumps : public BurstScene {};

struct DumpRow {
  Nanoseconds at{};
  std::string direction;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::string account;
  std::uint64_t account_bytes = 0;
  std::string burst;
  std::string missed;
};

struct Dump {
  std::string name;
  std::vector<DumpRow> rows;
};

std::vector<Dump> dumps_in(const std::filesystem::path& directory) {
  const auto number = [](const std::string& text) { return text.empty() ? 0 : std::stoull(text); };
  std::vector<Dump> dumps;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    Dump& dump = dumps.emplace_back(entry.path().filename());
    std::ifstream file(entry.path());
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::vector<std::string> cells;
      std::istringstream cut(line + ",");
      for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
      require(cells.size() == 21, "21 columns in " + line);
      dump.rows.push_back({.at = Nanoseconds(number(cells[1])),
                           .direction = cells[3],
                           .bytes = number(cells[4]),
                           .packets = number(cells[5]),
                           .account = cells[6],
                           .account_bytes = number(cells[7]),
                           .burst = cells[19],
                           .missed = cells[20]});
    }
  }
  return dumps;
}

// A datagram in each millisecond, and after `before` so many at once that it is a burst.
void send_burst_within_background(const Wire& wire, Nanoseconds before, Nanoseconds after) {
  const auto socket = wire.host().socket(AF_INET, SOCK_DGRAM);
  const Nanoseconds begin = sys::now().boot;
  bool sent = false;
  while (sys::now().boot < begin + before + after) {
    const bool now = !sent && sys::now().boot >= begin + before;
    send_datagrams(socket, at(kRemote4, 5100), now ? 200 : 1, now ? 1200 : 100);
    sent = sent || now;
    std::this_thread::sleep_for(1ms);
  }
}

struct Dumped {
  Finished finished;
  std::vector<LoggedPacket> log;
  std::vector<BurstRow> rows;
  std::vector<Dump> dumps;
};

Dumped dump_a_burst(const Words& bursts, const Wire& wire) {
  const auto directory = std::filesystem::temp_directory_path() / (wire.host().name() + "-dumps");
  Words words = bursts;
  words.insert(words.end(), {"--dump", directory});
  Running program(words);
  await_words(program, "watching cgt0");
  PacketLog packets(wire.host(), "cgt0");
  send_burst_within_background(wire, 1300ms, 1300ms);
  program.signal(SIGINT);
  Dumped dumped{.finished = program.wait(), .log = packets.stop(), .rows = {}, .dumps = {}};
  dumped.rows = burst_rows(dumped.finished.out);
  dumped.dumps = dumps_in(directory);
  std::filesystem::remove_all(directory);
  return dumped;
}

TEST_F(BurstDumps, AreDumpedWithTheSecondAroundThem) {
  const Words words = bursts({"--threshold", "50Mbit", "--dump-over", "50Mbit"});
  Dumped dumped = dump_a_burst(words, wire);
  // A sender that is kept from the CPU sends several.
  for (int i = 0; i < 5 && dumped.rows.size() != 1; ++i) dumped = dump_a_burst(words, wire);
  const auto& [finished, log, rows, dumps] = dumped;
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  ASSERT_EQ(rows.size(), 1U) << finished.out;
  ASSERT_EQ(dumps.size(), 1U) << finished.err;
  EXPECT_TRUE(dumps[0].name.ends_with("Z-cgt0-tx.csv")) << dumps[0].name;
  const Nanoseconds from = rows[0].begin - 1s, to = rows[0].end + 1s;
  std::uint64_t in_burst = 0, marked = 0, windows = 0, passed = 0, all = 0;
  Nanoseconds first = to, last = from;
  for (const DumpRow& row : dumps[0].rows) {
    EXPECT_TRUE(from <= row.at && row.at < to);
    EXPECT_TRUE(row.missed.empty()) << finished.err;
    if (row.direction != "tx") continue;
    ++windows;
    first = std::min(first, row.at);
    last = std::max(last, row.at);
    all += row.packets;
    if (rows[0].begin <= row.at && row.at < rows[0].end) in_burst += row.bytes;
    if (row.burst == std::to_string(rows[0].begin.count())) marked += row.bytes;
    EXPECT_EQ(row.account, rows[0].account);
    EXPECT_EQ(row.account_bytes, row.bytes);  // nobody else sends
  }
  Nanoseconds first_logged = to, last_logged = from;
  for (const LoggedPacket& packet : log) {
    const bool within = from <= packet.boot && packet.boot < to;
    if (!within || packet.direction != Direction::tx) continue;
    ++passed;
    first_logged = std::min(first_logged, packet.boot);
    last_logged = std::max(last_logged, packet.boot);
  }
  EXPECT_EQ(in_burst, rows[0].bytes);
  EXPECT_EQ(marked, rows[0].bytes);
  // On a busy machine the sender comes late, and the log says so.
  EXPECT_LT(std::chrono::abs(first - first_logged), 5ms);
  EXPECT_LT(std::chrono::abs(last - last_logged), 5ms);
  EXPECT_LT(first_logged, rows[0].begin - 200ms);
  EXPECT_GT(last_logged, rows[0].end + 200ms);
  EXPECT_GE(windows, 200U);
  EXPECT_NEAR(static_cast<double>(all), static_cast<double>(passed), 4);  // at the edges
}

TEST_F(BurstDumps, AreToldAllTheSameWhereNoDumpCanBeWritten) {
  Running program(bursts({"--threshold", "50Mbit", "--dump", "/proc/cgt-dumps"}));
  await_words(program, "watching cgt0");
  send_bursts(wire, 5);
  std::this_thread::sleep_for(100ms);
  program.signal(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_GE(burst_rows(finished.out).size(), 10U);
  EXPECT_NE(finished.err.find("dumping every burst"), std::string::npos) << finished.err;
  const std::string said = "counted without dumps";
  const std::size_t once = finished.err.find(said);
  EXPECT_NE(once, std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find(said, once + 1), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("missing in /proc/cgt-dumps"), std::string::npos) << finished.err;
}

TEST_F(BurstDumps, HaveNoMoreBytesThanTheyMayAndLeaveOtherFilesAlone) {
  const auto directory = std::filesystem::temp_directory_path() / (wire.host().name() + "-dumps");
  const auto foreign = directory / "burst-20200101T000000.000Z-cgt0-tx.csv";
  constexpr std::uint64_t kMost = 150'000;
  const std::string three_written = "3 written to ";
  Finished finished;
  // A sender that is kept from the CPU sends more.
  for (int i = 0; i < 4 && finished.err.find(three_written) == std::string::npos; ++i) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    std::ofstream(foreign) << "named like a dump, and none";
    Running program(bursts({"--threshold", "50Mbit", "--dump", directory, "--dump-over", "50Mbit",
                            "--dump-size", "150kB"}));
    await_words(program, "watching cgt0");
    for (int burst = 0; burst < 3; ++burst) send_burst_within_background(wire, 1100ms, 1300ms);
    finished = end(program);
  }
  const auto rows = burst_rows(finished.out);
  std::uint64_t bytes = 0, files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path() == foreign) continue;
    bytes += entry.file_size();
    ++files;
    EXPECT_NE(entry.path().extension(), ".new");
  }
  std::ostringstream text;
  text << std::ifstream(foreign).rdbuf();
  std::filesystem::remove_all(directory);
  EXPECT_GE(rows.size(), 3U);
  EXPECT_EQ(text.str(), "named like a dump, and none");
  EXPECT_GE(files, 1U) << finished.err;
  EXPECT_LE(bytes, kMost);
  EXPECT_NE(finished.err.find(three_written), std::string::npos) << finished.err;
  EXPECT_LT(files, 3U) << "all three fitted: " << bytes;
}

}  // namespace
}  // namespace cgtally::harness
