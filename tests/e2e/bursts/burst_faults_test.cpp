// SPDX-License-Identifier: Apache-2.0
// Bursts where something is not as it should be: the reader was suspended, the wall clock was set,
// the ledger went and came back, or a burst has no end. What is said then, and that nothing is made
// up.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "adapters/sys/clock.h"
#include "core/base/timestamp.h"
#include "core/bursts/threshold.h"
#include "e2e/bursts/burst_scene.h"
#include "e2e/bursts/burst_truth.h"
#include "e2e/scene.h"
#include "harness/host/lateness.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class BurstFaults : public BurstScene {
 protected:
  // As lines and as rows, and the log of its packets.
  struct Endless {
    Finished shown, written;
    std::vector<LoggedPacket> log;
    Nanoseconds first_told{};
  };
  Endless tell_an_endless_burst() {
    Running lines({CGTALLY_BINARY, "bursts", "--private", "-i", "cgt0", "--netns",
                   wire.host().name(), "--threshold", "20Mbit", "--window", "50ms"});
    Running rows(bursts({"--threshold", "20Mbit", "--window", "50ms"}));
    await_words(lines, "watching cgt0");
    await_words(rows, "watching cgt0");
    PacketLog packets(wire.host(), "cgt0");
    std::jthread sender([&] { send_evenly(wire, 5s, 8); });  // 80 Mbit/s
    await_words(rows, "so far");
    const auto first_told = sys::now().boot;
    sender.join();
    const auto log = packets.stop();
    std::this_thread::sleep_for(200ms);
    const Finished shown = end(lines);
    const Finished written = end(rows);
    return {.shown = shown, .written = written, .log = log, .first_told = first_told};
  }
};

TEST_F(BurstFaults, AReaderThatWasSuspendedSaysWhatItMissedAndInventsNothing) {
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
  EXPECT_FALSE(missed_no_window(finished.err)) << finished.err;
  for (const BurstRow& row : burst_rows(finished.out)) {
    const std::uint64_t passed = bytes_between(log, row.direction, row.begin, row.end);
    // A CPU's part may be missing; nothing may be there that was not. The log has a packet a moment
    // after it was counted: at each edge, one may be on the other side.
    EXPECT_LE(row.bytes, passed + 2 * Stream::kBytesOfSuper);
    EXPECT_LT(row.end - row.begin, 5s);
  }
}

// A sender that was kept from the CPU for so long made a pause between two bursts.
bool has_pause(const std::vector<LoggedPacket>& log) {
  return std::ranges::adjacent_find(log, [](const auto& one, const auto& next) {
           return next.boot - one.boot > 90ms;
         }) != log.end();
}

TEST_F(BurstFaults, BurstsThatDoNotEndAreToldAsFarAsTheyHaveComeAndHaveOneRow) {
  Endless told = tell_an_endless_burst();
  for (int i = 0; i < 3 && has_pause(told.log); ++i) told = tell_an_endless_burst();
  const auto& [shown, written, log, first_told] = told;
  const auto found = burst_rows(written.out);
  ASSERT_EQ(found.size(), 1U) << written.out;
  const BurstRow& row = found.front();
  std::uint64_t logged = 0;
  for (const LoggedPacket& packet : log) logged += packet.bytes;
  EXPECT_GT(row.end - row.begin, 4500ms);
  EXPECT_LT(row.begin, first_told - 1s);
  // On each CPU and at each edge so many bytes may be in the wrong window.
  const auto blur = static_cast<double>(clock_read_bytes_for(BitRate{20'000'000}, 50ms, 16'384)) *
                    static_cast<double>(std::thread::hardware_concurrency()) * 2;
  EXPECT_NEAR(static_cast<double>(row.bytes),
              static_cast<double>(bytes_between(log, Direction::tx, row.begin, row.end)), blur);
  EXPECT_GE(static_cast<double>(row.bytes), 0.97 * static_cast<double>(logged));
  EXPECT_EQ(count_of(written.out, "so far"), 0U);
  EXPECT_GE(count_of(written.err, "tx over 20.0 Mbit/s since "), 1U) << written.err;
  EXPECT_LE(count_of(written.err, "so far"), 5U) << written.err;
  EXPECT_GE(count_of(shown.out, " so far\n"), 1U) << shown.out;
  EXPECT_LE(count_of(shown.out, " so far\n"), 5U) << shown.out;
}

TEST_F(BurstFaults, BurstsThatAreUnderWayAtTheEndHaveTheirRow) {
  Running program(bursts({"--threshold", "20Mbit", "--window", "50ms"}));
  await_words(program, "watching cgt0");
  std::jthread sender([&] { send_evenly(wire, 4s, 8); });
  await_words(program, "so far");
  const Nanoseconds asked = sys::now().boot;
  const Finished finished = end(program);
  sender.join();
  const auto rows = burst_rows(finished.out);
  ASSERT_FALSE(rows.empty());
  EXPECT_GT(rows.back().end, asked - 200ms);
}

// The wall clock of the programs that are started with it, and of nobody else.
class WallClock {
 public:
  WallClock() { std::filesystem::remove(file_); }
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;
  ~WallClock() { std::filesystem::remove(file_); }

  [[nodiscard]] Words with(const Words& program) const {
    Words words{"env", "CGT_CLOCK_STEP=" + file_, "LD_PRELOAD=" CGTALLY_STEPPED_CLOCK,
                "ASAN_OPTIONS=verify_asan_link_order=0"};
    words.insert(words.end(), program.begin(), program.end());
    return words;
  }
  void step(std::chrono::seconds by) const {
    std::ofstream(file_ + ".new") << by.count();
    std::filesystem::rename(file_ + ".new", file_);
  }

 private:
  std::string file_ =
      std::filesystem::temp_directory_path() / ("cgt-clock-" + std::to_string(getpid()));
};

// By how much the wall clock of each row was ahead of the boot clock.
std::vector<Nanoseconds> labels_ahead(const std::string& csv) {
  std::vector<Nanoseconds> ahead;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto comma = line.find(',');
    const auto wall = parse_timestamp(line.substr(0, comma));
    require(wall.has_value(), "a time in " + line);
    ahead.push_back(*wall - Nanoseconds(std::stoll(line.substr(comma + 1))));
  }
  return ahead;
}

// What one call of send_datagrams() put on the wire: directions alternate, so its frames stand
// together in the log. A busy machine may keep the sender waiting in the middle.
struct Salvo {
  Direction direction{};
  Nanoseconds begin{}, end{};
  [[nodiscard]] bool holds(const BurstRow& row) const {
    return row.direction == direction && row.begin < end + 2ms && begin - 2ms < row.end;
  }
};

std::vector<Salvo> salvos_of(const std::vector<LoggedPacket>& log) {
  std::vector<Salvo> salvos;
  for (const LoggedPacket& packet : log) {
    if (packet.bytes < 1200) continue;  // neighbours that ask for an address
    if (salvos.empty() || salvos.back().direction != packet.direction) {
      salvos.push_back({packet.direction, packet.boot, packet.boot});
    }
    salvos.back().end = packet.boot;
  }
  return salvos;
}

// The rows of one salvo: a single one with all of it, unless its sender was kept waiting.
void expect_rows_of(const Salvo& salvo, const std::vector<BurstRow>& rows) {
  ASSERT_FALSE(rows.empty()) << "a salvo at " << salvo.begin.count() << " ns has no row";
  for (const BurstRow& row : rows) {
    EXPECT_LT(row.end - row.begin, salvo.end - salvo.begin + 5ms);
  }
  if (salvo.end - salvo.begin >= 10ms) return;
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_GE(rows.front().packets, 90U);
}

// 10 salvos, and no row of anything else; one of each whose sender was not kept waiting.
void expect_rows_of_each(const std::vector<Salvo>& salvos, const std::vector<BurstRow>& rows) {
  EXPECT_EQ(salvos.size(), 10U);
  std::ptrdiff_t told = 0;
  for (const Salvo& salvo : salvos) {
    const auto own = std::ranges::count_if(rows, [&](const auto& row) { return salvo.holds(row); });
    const bool kept_waiting = salvo.end - salvo.begin >= 10ms;
    EXPECT_TRUE(own == 1 || (kept_waiting && own > 1))
        << own << " rows of a salvo at " << salvo.begin.count() << " ns";
    told += own;
  }
  EXPECT_EQ(told, std::ssize(rows)) << "a row where nothing was sent";
}

// 10 salvos before the step, and 10 after it. How many rows they have.
std::size_t expect_bursts_around_step(const std::string& csv, const std::vector<LoggedPacket>& log,
                                      std::chrono::seconds step) {
  const auto rows = burst_rows(csv);
  const auto ahead = labels_ahead(csv);
  const auto salvos = salvos_of(log);
  EXPECT_EQ(salvos.size(), 20U);
  std::size_t told = 0;
  for (std::size_t i = 0; i < salvos.size(); ++i) {
    std::vector<BurstRow> own;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (!salvos[i].holds(rows[row])) continue;
      own.push_back(rows[row]);
      const Nanoseconds moved = ahead[row] - ahead[0];
      EXPECT_LT(std::chrono::abs(moved - (i < 10 ? 0s : step)), 500ms) << "row " << row;
      EXPECT_NEAR(static_cast<double>(rows[row].bytes),
                  static_cast<double>(
                      bytes_between(log, rows[row].direction, rows[row].begin, rows[row].end)),
                  2.0 * kFrame);
    }
    expect_rows_of(salvos[i], own);
    told += own.size();
  }
  EXPECT_EQ(told, rows.size()) << "a row where nothing was sent\n" << csv;
  return rows.size();
}

TEST_F(BurstFaults, AStepOfTheWallClockIsSaidOnceAndMovesNothingButLabels) {
  for (const auto& [step, words] :
       {std::pair{3600s, "set forward by 1h00m"}, std::pair{-90s, "set back by 1m30s"}}) {
    const WallClock clock;
    Running program(clock.with(bursts({"--threshold", "50Mbit"})));
    await_words(program, "watching cgt0");
    PacketLog packets(wire.host(), "cgt0");
    send_bursts(wire, 5);
    std::this_thread::sleep_for(300ms);
    clock.step(step);
    std::this_thread::sleep_for(300ms);
    send_bursts(wire, 5);
    std::this_thread::sleep_for(300ms);
    const Finished finished = end(program);
    const auto log = packets.stop();
    const std::size_t rows = expect_bursts_around_step(finished.out, log, step);
    EXPECT_EQ(count_of(finished.err, "the wall clock was"), 1U) << finished.err;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    EXPECT_TRUE(missed_no_window(finished.err)) << finished.err;
    EXPECT_NE(finished.err.find(std::to_string(rows) + " bursts"), std::string::npos)
        << finished.err;
  }
}

TEST_F(BurstFaults, AStepOfTheWallClockLeavesARecordingWithoutAGap) {
  const WallClock clock;
  const std::string path = std::filesystem::temp_directory_path() / (wire.host().name() + ".csv");
  Running program(clock.with({CGTALLY_BINARY, "record", "--private", "-i", "cgt0", "--netns",
                              wire.host().name(), "--bursts", path, "--threshold", "50Mbit",
                              "--interval", "200ms"}));
  await_words(program, "counting cgt0");
  PacketLog packets(wire.host(), "cgt0");
  send_bursts(wire, 5);
  std::this_thread::sleep_for(500ms);
  clock.step(-3600s);
  std::this_thread::sleep_for(500ms);
  send_bursts(wire, 5);
  std::this_thread::sleep_for(300ms);
  const Finished finished = end(program);
  const auto log = packets.stop();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  expect_bursts_around_step(text.str(), log, -3600s);
  expect_rows_without_gap(finished.out);
  EXPECT_EQ(count_of(finished.err, "the wall clock was set back by 1h00m"), 1U) << finished.err;
}

// The reader sleeps meanwhile: it sees the ledger before and after, and never without interfaces.
TEST_F(BurstFaults, ALedgerThatIsDownAndUpAgainBetweenTwoLooksIsReadOn) {
  for (const Words& down : {Words{"down"}, Words{"down", "--forget"}}) {
    const Bpffs bpffs;
    const Words up{"up", "--keep", "-i", "cgt0", "--netns", wire.host().name()};
    auto keeper = start_keeper(on_ledger(CGTALLY_BINARY, bpffs, up));
    Running reader(
        on_ledger(CGTALLY_BINARY, bpffs, {"bursts", "--threshold", "50Mbit", "--csv", "-"}));
    await_words(reader, "watching cgt0");
    send_bursts(wire, 3);
    std::this_thread::sleep_for(300ms);
    reader.signal(SIGSTOP);
    run(on_ledger(CGTALLY_BINARY, bpffs, down));
    (void)keeper->wait();
    keeper = start_keeper(on_ledger(CGTALLY_BINARY, bpffs, up));
    reader.signal(SIGCONT);
    give_time(1500ms);  // it looks around once a second
    PacketLog packets(wire.host(), "cgt0");
    const Nanoseconds again = sys::now().boot;
    send_bursts(wire, 5);
    std::this_thread::sleep_for(300ms);
    const Finished finished = end(reader);
    const auto log = packets.stop();
    const auto salvos = salvos_of(log);
    std::vector<BurstRow> found;
    for (const BurstRow& row : burst_rows(finished.out)) {
      if (row.end < again) continue;
      found.push_back(row);
      EXPECT_FALSE(row.account.empty());
      const auto kept_waiting = [&](const Salvo& one) {
        return one.holds(row) && one.end - one.begin > 3ms;
      };
      if (std::ranges::any_of(salvos, kept_waiting)) continue;  // or others' frames are near
      // The ledger looks at its clock once in 16 KiB.
      EXPECT_NEAR(
          static_cast<double>(row.bytes),
          static_cast<double>(bytes_between(log, row.direction, row.begin - 5ms, row.end + 5ms)),
          2.0 * kFrame);
    }
    expect_rows_of_each(salvos, found);
    if (HasFailure()) ADD_FAILURE() << down.back() << "\n" << finished.err << finished.out;
  }
}

}  // namespace
}  // namespace cgtally::harness
