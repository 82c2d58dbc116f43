// SPDX-License-Identifier: Apache-2.0
// The Redis that killed itself, for real: a cache with a 64 Mbit/s baseline, a 5 Gbit/s burst and a
// bucket of 1 GB, made of a token bucket filter, answers with 32 000 bytes until its credits are
// gone. Two watch it: one was told the size of the bucket, one was not.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "adapters/csv/rfc4180.h"
#include "adapters/sys/clock.h"
#include "core/base/timestamp.h"
#include "harness/host/redis.h"
#include "harness/ledger/pinned.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;
using Row = std::map<std::string, std::string>;

constexpr double kBaseline = 8e6;  // bytes a second
constexpr double kBucket = 1e9;

std::vector<Row> rows_of(const std::string& file, const std::string& column,
                         const std::string& value) {
  std::ifstream in(file);
  csv::RecordReader reader(in);
  std::vector<Row> rows;
  std::vector<std::string> names;
  while (reader.next().value_or(false)) {
    if (names.empty()) {
      names = reader.fields();
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < std::min(names.size(), reader.fields().size()); ++i) {
      row[names[i]] = reader.fields()[i];
    }
    if (row[column] == value) rows.push_back(std::move(row));
  }
  return rows;
}

double number(const Row& row, const std::string& column) {
  const auto found = row.find(column);
  return found == row.end() || found->second.empty() ? std::nan("") : std::stod(found->second);
}

// CLOCK_BOOTTIME in seconds.
double when(const Row& row) { return number(row, "boot_ns") / 1e9; }
double now() { return std::chrono::duration<double>(sys::now().boot).count(); }

// What arrives at the far end, every 100 ms.
class Peer {
 public:
  explicit Peer(const MeasuredDevice& device)
      : thread_([this, device] {
          Traffic before = device.truth();
          double since = now();
          while (!ended_) {
            std::this_thread::sleep_for(100ms);
            const Traffic after = device.truth();
            const double at = now();
            const std::lock_guard lock(mutex_);
            const auto moved = static_cast<double>(after.tx_bytes.value - before.tx_bytes.value);
            readings_.push_back({at, moved / (at - since)});
            before = after;
            since = at;
          }
        }) {}
  ~Peer() {
    ended_ = true;
    thread_.join();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // The first of five readings in a row at no more than 1.1 x the baseline, after `begin`.
  [[nodiscard]] std::optional<double> emptied(double begin) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i + 5 <= readings_.size(); ++i) {
      const auto low = [&](const Reading& one) {
        return one.at > begin && one.rate <= 1.1 * kBaseline;
      };
      const auto first = readings_.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::all_of(first, first + 5, low)) return readings_[i].at - 0.1;  // where it begins
    }
    return std::nullopt;
  }

 private:
  struct Reading {
    double at;
    double rate;
  };
  mutable std::mutex mutex_;
  std::vector<Reading> readings_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

class RedisCredits : public testing::Test {
 protected:
  RedisCredits() {
    for (const auto* netns : {&wire.host(), &wire.remote()}) {
      netns->sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    }
    const Inside guard(wire.host());
    run({"tc", "qdisc", "add", "dev", "cgt0", "root", "tbf", "rate", "64mbit", "burst",
         "1000000000b", "peakrate", "5gbit", "mtu", "65540", "limit", "8mb"});
  }
  ~RedisCredits() override { std::filesystem::remove_all(directory); }

  [[nodiscard]] Words credits(const std::string& name, const Words& more) const {
    Words words{"credits",
                "-i",
                "cgt0",
                "--netns",
                wire.host().name(),
                "--interval",
                "100ms",
                "--baseline",
                "64Mbit",
                "--burst",
                "5Gbit",
                "--start",
                "full",
                "--csv",
                directory + "/" + name + ".csv",
                "--state-dir",
                directory + "/" + name};
    words.insert(words.end(), more.begin(), more.end());
    return on_ledger(CGTALLY_BINARY, bpffs, words);
  }
  [[nodiscard]] std::vector<Row> rows(const std::string& name) const {
    return rows_of(directory + "/" + name + ".csv", "direction", "tx");
  }
  // Asks until the bucket is empty and a little longer; when it was.
  double drain(RedisClients& clients, const Peer& peer) const {
    const double begin = now();
    clients.ask(1100);
    for (int i = 0; i < 1200; ++i) {
      std::this_thread::sleep_for(100ms);
      if (const auto emptied = peer.emptied(begin + 0.5)) return *emptied;
    }
    throw std::runtime_error("the bucket never ran empty");
  }

  Wire wire;
  Bpffs bpffs;
  Cgroup cgroup{"redis"};
  std::string directory = "/tmp/cgt-credits-" + std::to_string(getpid());
};

template <typename Holds>
std::optional<Row> first(const std::vector<Row>& rows, double from, Holds&& holds) {
  for (const Row& row : rows) {
    if (when(row) >= from && holds(row)) return row;
  }
  return std::nullopt;
}

double balance(const Row& row) {
  return (number(row, "balance_lo_bytes") + number(row, "balance_hi_bytes")) / 2;
}

bool is(const Row& row, const std::string& state) { return row.at("state") == state; }

// The real end lies within what was foretold, and near its middle. "At this rate" was foretold: as
// far as the clients were slower or faster from then on, on a machine that has other work, the end
// may be off. `full` at `begin`, so the rate until now is known without the program.
void expect_foretold(const Row& row, double full, double begin, double emptied, double most_off_s) {
  const double real = emptied - when(row);
  const double left = balance(row);
  const double at_this_rate = (when(row) - begin) * left / (full - left);
  const double off = std::abs(real - at_this_rate) + 0.1;  // the far end reads each 100 ms, so a
                                                           // short time cannot be told better
  const double lo = number(row, "empty_in_lo_s");
  const double hi = number(row, "empty_in_hi_s");
  std::printf("foretold %.1f..%.1f s, really %.1f s, at the rate until then %.1f s\n", lo, hi, real,
              at_this_rate);
  EXPECT_LT(off, std::max(0.15 * real, 0.5)) << "the machine is too busy to tell";
  EXPECT_LE(lo, real + off);
  EXPECT_GE(hi, real - off);
  EXPECT_NEAR((lo + hi) / 2, real, most_off_s + off);
}

std::vector<double> delays(const std::vector<Row>& rows, double from, double to) {
  std::vector<double> all;
  for (const Row& row : rows) {
    const double delay = number(row, "queue_delay_us_p99");
    if (when(row) >= from && when(row) < to && !std::isnan(delay)) all.push_back(delay / 1000);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST_F(RedisCredits, AreForetoldNamedAndFoundGone) {
  std::filesystem::create_directories(directory);
  const RedisServer server(wire.host(), cgroup, kHost4, 32'000);
  const Peer peer(wire.host_end());
  Running told(credits("told", {"--bucket", "1GB"}));
  Running untold(credits("untold", {}));
  Running samples(on_ledger(CGTALLY_BINARY, bpffs,
                            {"record", "-i", "cgt0", "--netns", wire.host().name(), "--interval",
                             "1s", "--csv", directory + "/samples.csv"}));
  for (const Running* one : {&told, &untold, &samples}) await_words(*one, "counting cgt0");
  RedisClients clients(wire.remote(), server, 40);

  const double begin = now();
  const double emptied = drain(clients, peer);
  EXPECT_GE(emptied - begin, 30);
  std::this_thread::sleep_for(3s);
  const std::uint64_t before = clients.answered();
  std::this_thread::sleep_for(10s);  // without a counter it takes a while to be sure
  const double rate = static_cast<double>(clients.answered() - before) / 10;
  std::printf("empty after %.1f s; then %.0f requests a second\n", emptied - begin, rate);
  EXPECT_NEAR(rate, 240, 12) << "8 MB/s carry no more responses of 32 kB and their headers";

  const auto rows_told = rows("told");
  const auto draining = first(rows_told, begin, [](const Row& row) { return is(row, "draining"); });
  ASSERT_TRUE(draining);
  EXPECT_LE(when(*draining), begin + 2);
  const auto half =
      first(rows_told, begin, [](const Row& row) { return balance(row) <= kBucket / 2; });
  ASSERT_TRUE(half);
  expect_foretold(*half, kBucket, begin, emptied, 0.05 * (emptied - when(*half)));
  EXPECT_EQ(half->at("basis"), "told");
  EXPECT_EQ(half->at("top_account"), cgroup.path());
  EXPECT_GT(number(*half, "top_share"), 0.95);
  for (const auto& name : {"told", "untold"}) {
    const auto gone = first(rows(name), 0, [](const Row& row) { return is(row, "exhausted"); });
    ASSERT_TRUE(gone) << name;
    std::printf("%s: exhausted said %.1f s after it was\n", name, when(*gone) - emptied);
    EXPECT_GT(when(*gone), emptied - 1) << name;
    EXPECT_LT(when(*gone), emptied + 5) << name;
    EXPECT_EQ(gone->at("top_account"), cgroup.path());
  }
  // Certainty needs stillness, and takes longer the less still the machine is.
  for (int i = 0; i < 150 && rows("untold").back().at("basis") != "learned"; ++i) {
    std::this_thread::sleep_for(200ms);
  }
  const auto learned = rows("untold").back();
  EXPECT_EQ(learned.at("basis"), "learned");
  EXPECT_NEAR((number(learned, "capacity_lo_bytes") + number(learned, "capacity_hi_bytes")) / 2,
              kBucket, 0.05 * kBucket);

  const auto samples_of_redis = rows_of(directory + "/samples.csv", "account", cgroup.path());
  const auto calm = delays(samples_of_redis, begin + 2, emptied - 1);
  const auto late = delays(samples_of_redis, emptied + 3, emptied + 12);
  ASSERT_FALSE(calm.empty());
  ASSERT_FALSE(late.empty());
  std::printf("queue delay p99 %.1f ms before, %.1f ms while exhausted (medians)\n",
              calm[calm.size() / 2], late[late.size() / 2]);
  EXPECT_LT(calm[calm.size() / 2], 5);
  EXPECT_GE(late.front(), 100);

  // The second time the one who was not told knows as much.
  clients.ask(0);
  std::this_thread::sleep_for(12s);
  const double again = now();
  const double emptied_again = drain(clients, peer);
  std::this_thread::sleep_for(1s);
  const auto rested = first(rows("untold"), again, [](const Row&) { return true; });
  ASSERT_TRUE(rested);
  const auto halfway = first(rows("untold"), again + 1,
                             [&](const Row& row) { return balance(row) <= balance(*rested) / 2; });
  ASSERT_TRUE(halfway);
  // After so short a time one stall of the machine makes the interval wide: it holds the end, but
  // its middle says little.
  expect_foretold(*halfway, balance(*rested), again, emptied_again, 3);

  for (Running* one : {&told, &untold, &samples}) {
    one->signal(SIGINT);
    const Finished finished = one->wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
  }
}

}  // namespace
}  // namespace cgtally::harness
