// SPDX-License-Identifier: Apache-2.0
// Hundreds of interfaces: with few descriptors all are counted, while they are being attached the
// keeper ends when it is told to, and where they come and go as fast as the kernel makes them it
// loses no byte and no memory.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/sys/clock.h"
#include "harness/host/command.h"
#include "harness/host/lateness.h"
#include "harness/host/netns.h"
#include "harness/ledger/pinned.h"
#include "harness/traffic/frames.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

struct Resident {
  std::size_t descriptors;
  std::uint64_t kibibytes;
};

Resident resident(pid_t pid) {
  const auto below = fmt::format("/proc/{}", pid);
  Resident found{};
  for (const auto& fd : std::filesystem::directory_iterator(below + "/fd")) {
    found.descriptors += fd.path().empty() ? 0 : 1;
  }
  std::ifstream status(below + "/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> found.kibibytes;
  }
  return found;
}

class ManyInterfaces : public testing::Test {
 protected:
  void make_pairs(int first, int last) const {
    std::string lines;
    for (int i = first; i <= last; ++i) {
      lines += fmt::format("link add many{0} type veth peer name peer{0}\n", i);
    }
    netns_.ip(lines);
  }
  [[nodiscard]] Words up(const Words& before = {}) const {
    Words words = before;
    for (const auto& word : on_ledger(CGTALLY_BINARY, bpffs_, {"up", "--keep", "-i", "many*"}))
      words.push_back(word);
    words.insert(words.begin(), {"nsenter", "--net=" + netns_.path()});
    return words;
  }
  [[nodiscard]] std::size_t attached() const {
    auto ledger = bpf::LedgerView::open(bpffs_.path()).value();
    return static_cast<std::size_t>(
        std::ranges::count_if(ledger.interfaces(), &bpf::InterfaceRecord::attached));
  }
  std::string take_down() const {
    const Finished down = finish(on_ledger(CGTALLY_BINARY, bpffs_, {"down", "--forget"}));
    EXPECT_EQ(down.exit_code, 0) << down.err;
    EXPECT_TRUE(bpffs_.entries().empty());
    return down.err;
  }
  // Two thousand, a hundred at a time, so that some are seen, and most have gone before the next
  // look.
  void churn(int round) const {
    for (int batch = 0; batch < 20; ++batch) {
      std::string lines;
      for (int i = 0; i < 50; ++i) {
        const auto name = fmt::format("{}x{}x{}", round, batch, i);
        lines += fmt::format("link add many{0} group 7 type veth peer name gone{0}\n", name);
      }
      netns_.ip(lines + "link del group 7\n");
    }
  }
  void send(const std::string& device, int frames) const {
    const PacketSocket from(netns_, device);
    const auto frame = ethernet(kRemoteMac, kHostMac, kExperimental, Frame(186));
    for (int i = 0; i < frames; ++i) from.send(frame);
  }
  void begin_quietly() const {
    netns_.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    netns_.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
  }

  Netns netns_{"many"};
  Bpffs bpffs_;
  const Lateness lateness_;
};

TEST_F(ManyInterfaces, AreAllCountedWithFewDescriptorsAndTakenDown) {
  constexpr int kInterfaces = 100;
  make_pairs(1, kInterfaces);
  const auto keeper = start_keeper(up({"prlimit", "--nofile=200:200"}));
  EXPECT_EQ(attached(), kInterfaces);
  keeper->signal(SIGTERM);
  EXPECT_EQ(keeper->wait().exit_code, 0);
  take_down();
}

TEST_F(ManyInterfaces, ThatComeAtOnceDoNotKeepTheKeeperFromEnding) {
  make_pairs(1, 1);
  const auto keeper = start_keeper(up());
  make_pairs(2, 200);
  await_words(*keeper, "has come: counting it");
  const auto asked = std::chrono::steady_clock::now();
  keeper->signal(SIGTERM);
  EXPECT_EQ(keeper->wait().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s + lateness_.allowed());
  EXPECT_LT(attached(), 200U);
  take_down();
}

TEST_F(ManyInterfaces, AtTheStartDoNotKeepTheKeeperFromEnding) {
  make_pairs(1, 200);
  Running keeper(up());
  (void)comes_true_within(20s, [&] { return !bpffs_.entries().empty(); });
  std::this_thread::sleep_for(500ms);  // among the first of them
  const auto asked = std::chrono::steady_clock::now();
  keeper.signal(SIGTERM);
  EXPECT_EQ(keeper.wait().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 2s + lateness_.allowed());
  take_down();
}

TEST_F(ManyInterfaces, ComeAndGoByTenThousandInAMinuteAndLoseNoByteAndNoMemory) {
  begin_quietly();
  make_pairs(1, 1);
  netns_.ip("link set many1 up\nlink set peer1 up");
  const auto keeper = start_keeper(up());
  std::uint64_t sent = 0;
  Resident first{};
  const auto begun = std::chrono::steady_clock::now();
  for (int round = 1; round <= 5; ++round) {
    // One of those that come is there for long enough to be counted, and its books must be exact.
    const auto brief = fmt::format("many{}brief", round);
    netns_.ip(
        fmt::format("link add {0} type veth peer name brief{1}\nlink set {0} up\n"
                    "link set brief{1} up",
                    brief, round));
    await_words(*keeper, brief + " has come: counting it");
    churn(round);
    send("many1", 5);
    send(brief, 7);
    sent += 5 + 7;
    netns_.ip(fmt::format("link del {}", brief));
    const auto now = sys::now().boot;
    EXPECT_LT(now - bpf::LedgerView::open(bpffs_.path()).value().facts().last_kept,
              5s + lateness_.allowed());
    await_words(*keeper, brief + " has gone: its totals stay");
    if (round == 2) first = resident(keeper->pid());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s + lateness_.allowed());
  const Resident last = resident(keeper->pid());
  EXPECT_LE(last.descriptors, first.descriptors + 4);
  EXPECT_LE(last.kibibytes, first.kibibytes + 2048);
  EXPECT_EQ(booked(bpffs_).tx_packets.value, sent);
  EXPECT_EQ(booked(bpffs_).tx_bytes.value, sent * 200);
  const auto asked = std::chrono::steady_clock::now();
  keeper->signal(SIGTERM);
  EXPECT_EQ(keeper->wait().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 2s + lateness_.allowed());
  take_down();
}

}  // namespace
}  // namespace cgtally::harness
