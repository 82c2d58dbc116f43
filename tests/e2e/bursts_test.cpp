// SPDX-License-Identifier: Apache-2.0
// Bursts as the program reports them, against a log of every packet: which there were, when, how
// much and whose. And what it says when it could not look.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "core/burst_threshold.h"
#include "e2e/burst_truth.h"
#include "e2e/private_run.h"
#include "harness/burst_generator.h"
#include "harness/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kFrame = 1514;

class BurstsTest : public PrivateRunTest {
 protected:
  // So that a log of packets is one of frames.
  BurstsTest() {
    const Inside guard(wire.host());
    run({"ethtool", "-K", "cgt0", "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation",
         "off"});
  }
  [[nodiscard]] Words bursts(const Words& more) const {
    Words words = command("bursts", {"--csv", "-"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  struct Outcome {
    Score score;
    std::string said;
    std::vector<MeantBurst> meant;
    std::vector<LoggedPacket> log;
    std::vector<BurstRow> rows;
  };
  Outcome send(const BurstPlan& plan, Nanoseconds window, BitRate threshold) {
    BurstGenerator generator(wire);
    Running program(bursts({"--threshold", std::to_string(threshold.bits_per_second) + "bit",
                            "--window", std::to_string(window / 1us) + "us"}));
    await_words(program, "watching cgt0");
    PacketLog packets(wire.host(), "cgt0");
    const Nanoseconds from = sys::now().boot + 50ms;
    Outcome outcome;
    outcome.meant = generator.run(plan);
    const Nanoseconds to = sys::now().boot;
    std::this_thread::sleep_for(200ms);
    const Finished finished = end(program);
    outcome.said = finished.err;
    outcome.rows = burst_rows(finished.out);
    outcome.log = packets.stop();
    const auto limit =
        threshold.bits_per_second * static_cast<std::uint64_t>(window.count()) / 8'000'000'000ULL;
    const std::uint64_t gate = gate_for(threshold, window);
    const std::uint64_t cpus = sys::cpu_ids().value();
    // Both observers have a moment of their own for the frame at an edge.
    outcome.score = judge(outcome.log, outcome.rows,
                          {.window = window,
                           .limit = limit,
                           .allowed_bytes = 2 * std::max(cpus * gate, kFrame),
                           .owners = generator.owners(),
                           .from = from,
                           .to = to});
    return outcome;
  }
};

// A meant burst that certainly was one, however windows lie: more of it left between its first and
// last packet than the windows that it touches may hold without one of them being over the limit.
bool certain(const MeantBurst& burst, const std::vector<LoggedPacket>& log, Nanoseconds window,
             std::uint64_t limit) {
  std::uint64_t bytes = 0;
  Nanoseconds first{}, last{};
  auto at = std::ranges::lower_bound(log, burst.begin, {}, &LoggedPacket::boot);
  for (; at != log.end() && at->boot < burst.end; ++at) {
    const bool own = at->direction == burst.direction &&
                     std::ranges::find(burst.ports, at->local_port) != burst.ports.end();
    if (!own) continue;
    if (bytes == 0) first = at->boot;
    last = at->boot;
    bytes += at->bytes;
  }
  const auto touched = static_cast<std::uint64_t>(last / window - first / window + 1);
  return bytes > limit * touched + 2 * kFrame;
}

bool reported(const MeantBurst& burst, const std::vector<BurstRow>& rows) {
  return std::ranges::any_of(rows, [&](const BurstRow& row) {
    return row.direction == burst.direction && row.begin < burst.end && burst.begin < row.end;
  });
}

TEST_F(BurstsTest, AreThoseThatAPacketLogHas) {
  const BurstPlan plan{.count = 1100,
                       .lengths = {1ms, 1ms, 2ms, 2ms, 3ms, 5ms, 8ms, 12ms, 20ms, 50ms},
                       .slowest = {250'000'000},
                       .fastest = {475'000'000},  // 90 % apart
                       .least_gap = 9ms,
                       .most_gap = 16ms,
                       .background_bytes = 700,
                       .background_every = 1ms};
  const auto [score, said, meant, log, rows] = send(plan, 1ms, {100'000'000});
  std::size_t sure = 0, found = 0;
  for (const MeantBurst& burst : meant) {
    if (!certain(burst, log, 1ms, 12'500)) continue;
    ++sure;
    found += reported(burst, rows);
  }
  std::cout << score << "; of " << meant.size() << " meant " << sure << " left as meant, and "
            << found << " of those were found; " << log.size() << " packets\n"
            << said;
  EXPECT_GE(score.truth, 1000U);
  EXPECT_GE(score.recall(), 0.99);
  EXPECT_GE(score.precision(), 0.99);
  EXPECT_GE(Score::part(score.near, score.found), 0.99);
  EXPECT_GE(Score::part(score.volume_right, score.reported), 0.99);
  EXPECT_GE(score.led, 1000U);
  EXPECT_GE(Score::part(score.led_right, score.led), 0.99);
  EXPECT_GE(sure, 900U);  // a busy machine cannot send all that it means to
  EXPECT_GE(Score::part(found, sure), 0.99);
  EXPECT_NE(said.find("0 windows missed"), std::string::npos);
}

TEST_F(BurstsTest, OfATenthOfAMillisecondAreFoundToo) {
  const BurstPlan plan{.count = 600,
                       .lengths = {1ms, 2ms, 3ms, 5ms},
                       .slowest = {600'000'000},
                       .fastest = {900'000'000},
                       .least_gap = 5ms,
                       .most_gap = 9ms,
                       .background_bytes = 300,
                       .background_every = 1ms};
  const auto [score, said, meant, log, rows] = send(plan, 100us, {200'000'000});
  std::cout << score << "; " << meant.size() << " meant, " << log.size() << " packets\n" << said;
  EXPECT_GE(score.truth, 500U);
  // Its ring is 26 ms: a reader that is kept from the CPU for as long misses some, and says so.
  EXPECT_GE(score.recall(),
            said.find("\n  windows   0 windows missed") == std::string::npos ? 0.9 : 0.99);
  EXPECT_GE(score.precision(), 0.99);
}

TEST_F(BurstsTest, AReaderThatWasSuspendedSaysWhatItMissedAndInventsNothing) {
  Running program(bursts({"--threshold", "20Mbit"}));
  await_words(program, "watching cgt0");
  PacketLog packets(wire.host(), "cgt0");
  Stream stream(wire);
  stream.run();
  std::this_thread::sleep_for(400ms);
  program.signal(SIGSTOP);
  std::this_thread::sleep_for(10s);
  program.signal(SIGCONT);
  std::this_thread::sleep_for(400ms);
  stream.pause();
  std::this_thread::sleep_for(200ms);
  const Finished finished = end(program);
  const auto log = packets.stop();
  EXPECT_NE(finished.err.find("windows were missed"), std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find(" 0 windows missed"), std::string::npos) << finished.err;
  for (const BurstRow& row : burst_rows(finished.out)) {
    std::uint64_t passed = 0;
    for (const LoggedPacket& packet : log) {
      const bool within = row.begin <= packet.boot && packet.boot < row.end;
      if (within && packet.direction == row.direction) passed += packet.bytes;
    }
    // A CPU's part may be missing; nothing may be there that was not.
    EXPECT_LE(row.bytes, passed + 2 * kFrame);
    EXPECT_LT(row.end - row.begin, 5s);
  }
}

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

// Bursts of both directions, one after the other, with pauses.
void send_bursts(const Wire& wire, int count) {
  const auto host = wire.host().socket(AF_INET, SOCK_DGRAM);
  const auto remote = wire.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(host, at(kHost4, 5100));
  bind_to(remote, at(kRemote4, 5100));
  for (int i = 0; i < count; ++i) {
    send_datagrams(host, at(kRemote4, 5100), 100, 1200);
    std::this_thread::sleep_for(30ms);
    send_datagrams(remote, at(kHost4, 5100), 100, 1200);
    std::this_thread::sleep_for(30ms);
  }
}

TEST_F(BurstsTest, OfThePinnedLedgerAreSeenByAnyNumberOfReaders) {
  const Bpffs bpffs;
  const auto keeper = start_keeper(on_ledger(
      CGTALLY_BINARY, bpffs, {"up", "--keep", "-i", "cgt0", "--netns", wire.host().name()}));
  const auto reader = [&](const Words& more) {
    Words words{"bursts", "--threshold", "50Mbit", "--csv", "-"};
    words.insert(words.end(), more.begin(), more.end());
    return std::make_unique<Running>(on_ledger(CGTALLY_BINARY, bpffs, words));
  };
  const auto first = reader({});
  const auto second = reader({"--window", "200us"});
  await_words(*first, "watching cgt0");
  await_words(*second, "watching cgt0");
  send_bursts(wire, 10);
  std::this_thread::sleep_for(100ms);
  const Finished one = end(*first);
  const Finished other = end(*second);
  EXPECT_GE(burst_rows(one.out).size(), 20U);
  EXPECT_EQ(burst_rows(one.out).size(), burst_rows(other.out).size());
  EXPECT_NE(one.err.find("looks at the clock once in 16.4 kB"), std::string::npos) << one.err;
  EXPECT_NE(other.err.find("has windows of 1 ms, not of 200 us"), std::string::npos) << other.err;
  EXPECT_NE(other.err.find("--private"), std::string::npos);
}

TEST_F(BurstsTest, AreWrittenBesideTheSamples) {
  const std::string path = std::filesystem::temp_directory_path() / (wire.host().name() + ".csv");
  Running program({CGTALLY_BINARY, "record", "--private", "-i", "cgt0", "--netns",
                   wire.host().name(), "--bursts", path, "--threshold", "50Mbit"});
  await_words(program, "counting cgt0");
  send_bursts(wire, 10);
  std::this_thread::sleep_for(100ms);
  const Finished finished = end(program);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  const auto rows = burst_rows(text.str());
  EXPECT_GE(rows.size(), 20U);
  EXPECT_TRUE(finished.out.starts_with("time,boot_ns,interval_ns")) << finished.out;
  EXPECT_NE(finished.err.find("windows   0 windows missed"), std::string::npos) << finished.err;
  std::uint64_t sent = 0;
  for (const BurstRow& row : rows) sent += row.direction == Direction::tx ? row.packets : 0;
  EXPECT_LE(sent, 1000U);
  EXPECT_GE(sent, 980U) << "what trickles before or after a burst is none of it";
}

// A datagram in each millisecond, and after `before` so many at once that it is a burst.
void send_burst_within_background(const Wire& wire, Nanoseconds before, Nanoseconds behind) {
  const auto socket = wire.host().socket(AF_INET, SOCK_DGRAM);
  const Nanoseconds begin = sys::now().boot;
  bool sent = false;
  while (sys::now().boot < begin + before + behind) {
    const bool now = !sent && sys::now().boot >= begin + before;
    send_datagrams(socket, at(kRemote4, 5100), now ? 200 : 1, now ? 1200 : 100);
    sent = sent || now;
    std::this_thread::sleep_for(1ms);
  }
}

TEST_F(BurstsTest, AreDumpedWithTheSecondAroundThem) {
  const auto directory = std::filesystem::temp_directory_path() / (wire.host().name() + "-dumps");
  Running program(bursts({"--threshold", "50Mbit", "--dump", directory, "--dump-over", "50Mbit"}));
  await_words(program, "watching cgt0");
  PacketLog packets(wire.host(), "cgt0");
  send_burst_within_background(wire, 1300ms, 1300ms);
  const Finished finished = end(program);
  const auto log = packets.stop();
  const auto rows = burst_rows(finished.out);
  const auto dumps = dumps_in(directory);
  std::filesystem::remove_all(directory);
  ASSERT_EQ(rows.size(), 1U) << finished.out;  // a starved sender might send two
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

TEST_F(BurstsTest, AreToldAllTheSameWhereNoDumpCanBeWritten) {
  Running program(bursts({"--threshold", "50Mbit", "--dump", "/proc/cgt-dumps"}));
  await_words(program, "watching cgt0");
  send_bursts(wire, 5);
  std::this_thread::sleep_for(100ms);
  program.signal(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_GE(burst_rows(finished.out).size(), 10U);
  EXPECT_NE(finished.err.find("every burst is dumped"), std::string::npos) << finished.err;
  const std::string said = "counted without dumps";
  const std::size_t once = finished.err.find(said);
  EXPECT_NE(once, std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find(said, once + 1), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("missing in /proc/cgt-dumps"), std::string::npos) << finished.err;
}

TEST_F(BurstsTest, AClosedPipeEndsItSilently) {
  int ends[2];
  require(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  sys::Fd out(ends[1]);
  Running program(bursts({"--threshold", "50Mbit"}), out);
  await_words(program, "watching cgt0");
  out = sys::Fd();
  ::close(ends[0]);
  send_bursts(wire, 3);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.err.find("rows"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace cgtally::harness
