// SPDX-License-Identifier: Apache-2.0
// A link of 20 Mbit/s on which one super-packet is a fortieth of a second: forty clients ask a
// cache for responses of 32 kB until its credits are gone, wait a little, and ask again. What is
// charged is what leaves the queue, so the plateau is flat whatever the queue does.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "adapters/csv/rfc4180.h"
#include "harness/host/redis.h"
#include "harness/ledger/pinned.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

struct CreditRow {
  std::string state;
  double rate_bps = 0;
  double capacity_bytes = 0;
  double balance_hi_bytes = 0;
  std::string basis;
};

std::vector<CreditRow> sent_rows(const std::string& file) {
  std::ifstream in(file);
  csv::RecordReader reader(in);
  std::vector<CreditRow> rows;
  while (reader.next().value_or(false)) {
    const auto& f = reader.fields();
    if (f.size() < 15 || f[3] != "tx") continue;
    const double high = f[9].empty() ? 0 : std::stod(f[9]);
    rows.push_back({.state = f[4],
                    .rate_bps = std::stod(f[5]),
                    .capacity_bytes = (std::stod(f[8]) + high) / 2,
                    .balance_hi_bytes = f[11].empty() ? 0 : std::stod(f[11]),
                    .basis = f[14]});
  }
  return rows;
}

TEST(CreditsOfASlowLink, AreFoundGoneAlthoughTheClientsPauseAndTheQueueWobbles) {
  Wire wire;
  const Bpffs bpffs;
  Cgroup cgroup{"redis"};
  const std::string directory = "/tmp/cgt-slow-link-" + std::to_string(getpid());
  std::filesystem::create_directories(directory);
  for (const auto* netns : {&wire.host(), &wire.remote()}) {
    netns->sysctl("net.ipv6.conf.all.disable_ipv6", "1");
  }
  {
    const Inside guard(wire.host());
    run({"tc", "qdisc", "add", "dev", "cgt0", "root", "tbf", "rate", "20mbit", "burst", "25000000b",
         "peakrate", "300mbit", "mtu", "65540", "limit", "8mb"});
  }
  const RedisServer server(wire.host(), cgroup, kHost4, 32'000);
  const std::string csv = directory + "/credits.csv";
  Running credits(on_ledger(
      CGTALLY_BINARY, bpffs,
      {"credits", "-i", "cgt0", "--netns", wire.host().name(), "--interval", "1s", "--baseline",
       "20Mbit", "--burst", "300Mbit", "--start", "full", "--csv", csv, "--state-dir", directory}));
  await_words(credits, "counting cgt0");
  RedisClients clients(wire.remote(), server, 40);

  clients.ask(400);  // 103 Mbit/s: empty after some 3 s
  std::this_thread::sleep_for(8s);
  clients.ask(0);
  std::this_thread::sleep_for(2s);
  clients.ask(400);
  std::this_thread::sleep_for(22s);
  credits.signal(SIGINT);
  EXPECT_EQ(credits.wait().exit_code, 0);

  const auto rows = sent_rows(csv);
  std::filesystem::remove_all(directory);
  ASSERT_GE(rows.size(), 25U);
  std::size_t exhausted = 0;
  std::size_t near = 0;
  for (auto row = rows.end() - 12; row != rows.end(); ++row) {
    exhausted += row->state == "exhausted" ? 1 : 0;
    near += std::abs(row->rate_bps / 20e6 - 1) < 0.03 ? 1 : 0;
  }
  EXPECT_GE(exhausted, 11U);
  EXPECT_GE(near, 10U) << "what the queue lets out, not what came to it";
  EXPECT_EQ(rows.back().basis, "learned");
  EXPECT_NEAR(rows.back().capacity_bytes, 25e6, 0.15 * 25e6);
  EXPECT_LE(rows.back().balance_hi_bytes, 5e6);
}

}  // namespace
}  // namespace cgtally::harness
