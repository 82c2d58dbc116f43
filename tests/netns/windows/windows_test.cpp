// SPDX-License-Identifier: Apache-2.0
// The windows hold what the ledger holds: exactly when the wire is quiet, and in between two
// readings of the ledger while it is not.
#include "adapters/bpf/ledger/windows.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "adapters/sys/clock.h"
#include "adapters/sys/host.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using bpf::Windows;
using bpf::WindowSums;

constexpr std::size_t kBulk = 3'000'000;

struct BothWays {
  WindowSums rx, tx;
  bool operator==(const BothWays&) const = default;
};

BothWays sums_of(const Windows& windows) {
  return {windows.totals(Direction::rx).value(), windows.totals(Direction::tx).value()};
}

BothWays sums_of(const Traffic& traffic) {
  return {{traffic.rx_bytes, traffic.rx_packets}, {traffic.tx_bytes, traffic.tx_packets}};
}

bool at_most(const WindowSums& a, const WindowSums& b) {
  return a.bytes <= b.bytes && a.packets <= b.packets;
}
bool at_most(const BothWays& a, const BothWays& b) {
  return at_most(a.rx, b.rx) && at_most(a.tx, b.tx);
}

class WindowsTest : public WireTest {
 protected:
  static Windows windows_of(const bpf::PacketPrograms& tally, InterfaceKey key) {
    return Windows::map(tally.windows_fd(key).value(), sys::cpu_ids().value(), tally.window())
        .value();
  }

  void exchange_datagrams(int count) const {
    for (const auto version : {Ip::v4, Ip::v6}) {
      const int family = version == Ip::v4 ? AF_INET : AF_INET6;
      const auto host = wire_.host().socket(family, SOCK_DGRAM);
      const auto remote = wire_.remote().socket(family, SOCK_DGRAM);
      bind_to(host, host_at(version, 5002));
      bind_to(remote, remote_at(version, 5002));
      send_datagrams(host, remote_at(version, 5002), count, 700);
      send_datagrams(remote, host_at(version, 5002), count, 4000);
    }
  }

  void exchange_tcp(Ip version, std::uint16_t port) const {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = wire_.remote().socket(family, SOCK_STREAM);
    listen_at(listener, remote_at(version, port));
    auto [host, remote] = connect_through(listener, wire_.host().socket(family, SOCK_STREAM),
                                          remote_at(version, port));
    transfer(host, remote, kBulk);
    transfer(remote, host, kBulk);
    close_in_order(std::move(remote), std::move(host));
  }
};

TEST_F(WindowsTest, EqualTheLedgerWhenTheWireIsQuiet) {
  const Counted counted(wire_.host_end());
  const Windows windows = windows_of(counted.tally(), counted.key());
  for (int round = 0; round < 3; ++round) {
    exchange_tcp(Ip::v4, static_cast<std::uint16_t>(5001 + round));
    exchange_tcp(Ip::v6, static_cast<std::uint16_t>(5001 + round));
    exchange_datagrams(50);
    const Settled settled = counted.settle();
    EXPECT_EQ(sums_of(windows), sums_of(settled.books.sum()));
    EXPECT_EQ(settled.books.sum(), settled.truth);
  }
}

TEST_F(WindowsTest, OfEachInterfaceAreItsOwn) {
  auto tally = make_tally();
  const auto host = attach_to(tally, wire_.host_end());
  const auto hub = attach_to(tally, wire_.hub_port());
  const Windows of_host = windows_of(tally, host);
  const Windows of_hub = windows_of(tally, hub);
  exchange_tcp(Ip::v4, 5001);
  exchange_datagrams(20);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(sums_of(of_host), sums_of(Books(tally.read(), host).sum()));
  EXPECT_EQ(sums_of(of_hub), sums_of(Books(tally.read(), hub).sum()));
  EXPECT_GT(sums_of(of_host).rx.packets.value, 0U);
}

TEST_F(WindowsTest, AreBracketedByTheLedgerUnderTraffic) {
  const Counted counted(wire_.host_end());
  const Windows windows = windows_of(counted.tally(), counted.key());
  std::atomic<bool> done = false;
  std::thread traffic([&] {
    for (std::uint16_t round = 0; round < 12; ++round) {
      exchange_tcp(round % 2 == 0 ? Ip::v4 : Ip::v6, static_cast<std::uint16_t>(5001 + round));
      exchange_datagrams(50);
    }
    done = true;
  });
  int readings = 0, moving = 0, wrong = 0;
  while (!done) {
    const BothWays before = sums_of(counted.books().sum());
    const BothWays between = sums_of(windows);
    const BothWays after = sums_of(counted.books().sum());
    ++readings;
    moving += before != after;
    wrong += !at_most(before, between) || !at_most(between, after);
  }
  traffic.join();
  EXPECT_EQ(wrong, 0) << "of " << readings << " readings";
  EXPECT_GT(moving, 20) << "of " << readings << " readings";
  EXPECT_EQ(sums_of(windows), sums_of(counted.settle().books.sum()));
}

TEST_F(WindowsTest, ReadAsTheyCloseAddUpToTheLedgerWithNothingMissed) {
  constexpr Nanoseconds kCalm = std::chrono::milliseconds(20);  // a ring of 5 s
  const Counted counted(wire_.host_end(), HookChoice::newest, {.window = kCalm});
  const Windows windows = windows_of(counted.tally(), counted.key());
  auto cursor = windows.from(Direction::tx, sys::now().boot).value();
  std::this_thread::sleep_for(kCalm + std::chrono::milliseconds(12));
  const WindowSums base = windows.totals(Direction::tx).value();
  std::atomic<bool> done = false;
  std::thread traffic([&] {
    exchange_tcp(Ip::v4, 5001);
    exchange_datagrams(50);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    exchange_tcp(Ip::v6, 5002);
    std::this_thread::sleep_for(2 * kCalm);
    done = true;
  });
  WindowSums read = base, missed;
  std::size_t count = 0;
  for (bool last = false; !last;) {
    last = done;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto closed = windows.closed(cursor, sys::now().boot).value();
    missed.packets += closed.missed.packets;
    for (const auto& window : closed.windows) {
      ++count;
      read.bytes += window.sums.bytes;
      read.packets += window.sums.packets;
      for (const auto& share : window.shares) {
        EXPECT_LE(share.least, window.sums.bytes);
        EXPECT_LT(share.slot, counted.tally().slots().total);
      }
    }
  }
  traffic.join();
  EXPECT_GT(count, 1U);
  EXPECT_EQ(missed.packets.value, 0U);
  EXPECT_EQ(read, sums_of(counted.settle().books.sum()).tx);
}

}  // namespace
}  // namespace cgtally::harness
