// SPDX-License-Identifier: Apache-2.0
// Windows that are read as they close add up: what was reported and what was missed is together
// what passed, to the byte, whether the reader was in time or too late, on all CPUs.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/slot_accounts.h"
#include "adapters/bpf/ledger/windows.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;
using bpf::Windows;
using bpf::WindowSums;

void add(WindowSums& to, const WindowSums& more) {
  to.bytes += more.bytes;
  to.packets += more.packets;
}

void run_on(std::uint32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  require(sched_setaffinity(0, sizeof(set), &set) == 0, "run on a CPU");
}

std::vector<std::uint32_t> usable_cpus() {
  cpu_set_t set;
  require(sched_getaffinity(0, sizeof(set), &set) == 0, "ask for CPUs");
  std::vector<std::uint32_t> cpus;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

class WindowsReaderTest : public WireTest {
 protected:
  // Sends datagrams on every CPU at once, in steps, for this time.
  void send_on_all_cpus(Nanoseconds length) const {
    std::vector<std::thread> senders;
    for (const std::uint32_t cpu : usable_cpus()) {
      senders.emplace_back([this, cpu, length] {
        run_on(cpu);
        const auto port = static_cast<std::uint16_t>(7000 + cpu);
        const auto socket = wire_.host().socket(AF_INET, SOCK_DGRAM);
        const auto peer = wire_.remote().socket(AF_INET, SOCK_DGRAM);
        bind_to(peer, remote_at(Ip::v4, port));
        for (const auto end = sys::now().boot + length; sys::now().boot < end;) {
          send_datagrams(socket, remote_at(Ip::v4, port), 5, 900);
          std::this_thread::sleep_for(500us);
        }
      });
    }
    for (auto& sender : senders) sender.join();
  }

  struct Read {
    WindowSums reported, missed;
    std::uint64_t windows_missed = 0;
  };
  // As a reader that comes by after each of these pauses, while traffic runs.
  Read read_with_pauses(const Counted& counted, const std::vector<Nanoseconds>& pauses) const {
    const Windows windows = counted.tally().windows(counted.key()).value();
    auto cursor = windows.from(Direction::tx, sys::now().boot).value();
    std::this_thread::sleep_for(20ms);
    Read read;
    const auto look = [&] {
      const auto closed = windows.closed(cursor, sys::now().boot).value();
      for (const auto& window : closed.windows) add(read.reported, window.sums);
      add(read.missed, closed.missed);
      read.windows_missed += closed.missed_to - closed.missed_from;
    };
    Nanoseconds length{};
    for (const Nanoseconds pause : pauses) length += pause;
    std::thread traffic([&] { send_on_all_cpus(length); });
    for (const Nanoseconds pause : pauses) {
      std::this_thread::sleep_for(pause);
      look();
    }
    traffic.join();
    std::this_thread::sleep_for(100ms);
    look();
    return read;
  }
};

// That something passed at all: an emulated CPU sends a few hundred packets in a second.
constexpr std::uint64_t kEnough = 100;

WindowSums sum_of(const WindowSums& a, const WindowSums& b) {
  return {a.bytes + b.bytes, a.packets + b.packets};
}

WindowSums sent_in(const Settled& settled) {
  const Traffic all = settled.books.sum();
  return {all.tx_bytes, all.tx_packets};
}

TEST_F(WindowsReaderTest, NothingIsMissedWhenItComesByOftenEnough) {
  const Counted counted(wire_.host_end());
  const auto before = sent_in(counted.settle());
  const Read read = read_with_pauses(counted, std::vector<Nanoseconds>(20, 50ms));
  EXPECT_EQ(read.windows_missed, 0U);
  EXPECT_EQ(sum_of(before, read.reported), sent_in(counted.settle()));
  EXPECT_GT(read.reported.packets.value, kEnough);
}

TEST_F(WindowsReaderTest, ReportedAndMissedAreAllThereWasAlsoForOneThatWasLapped) {
  const Counted counted(wire_.host_end());
  const auto before = sent_in(counted.settle());
  const Read read = read_with_pauses(counted, {50ms, 700ms, 50ms, 1200ms, 50ms});
  EXPECT_GT(read.windows_missed, 1000U);
  EXPECT_LT(read.windows_missed, 1800U);
  EXPECT_GT(read.missed.packets.value, kEnough);
  EXPECT_EQ(sum_of(before, sum_of(read.reported, read.missed)), sent_in(counted.settle()));
}

TEST_F(WindowsReaderTest, TheSlotsThatWindowsNameAreThoseOfTheSenders) {
  constexpr Nanoseconds kCalm = 20ms;  // a ring of 5 s: no machine is too slow for it
  const Cgroup cgroup("named");
  Counted counted(wire_.host_end(), HookChoice::newest, {.window = kCalm});
  const auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  const auto peer = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(peer, remote_at(Ip::v4, 7000));
  const Windows windows = counted.tally().windows(counted.key()).value();
  auto cursor = windows.from(Direction::tx, sys::now().boot).value();
  std::this_thread::sleep_for(2 * kCalm);
  send_datagrams(socket, remote_at(Ip::v4, 7000), 100, 900);
  std::this_thread::sleep_for(3 * kCalm);
  bpf::SlotAccounts owners(counted.tally().ledger());
  std::uint64_t of_cgroup = 0;
  const auto closed = windows.closed(cursor, sys::now().boot).value();
  for (const auto& window : closed.windows) {
    for (const auto& share : window.shares) {
      const auto owner = owners.owner_of(share.slot);
      ASSERT_TRUE(owner);
      if (*owner == Account{AccountKind::cgroup, cgroup.id()}) of_cgroup += share.least.value;
    }
  }
  EXPECT_EQ(closed.missed, WindowSums{});
  EXPECT_EQ(of_cgroup, counted.settle().books.of(cgroup).tx_bytes.value);
  EXPECT_FALSE(owners.owner_of(counted.tally().slots().total - 1));
}

}  // namespace
}  // namespace cgtally::harness
