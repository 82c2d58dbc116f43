// SPDX-License-Identifier: Apache-2.0
// Windows as the programs write them: nothing is lost from one to the next, however long the ring
// was not looked at, and what they say of who weighed most holds.
#include "adapters/bpf/ledger/windows.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

#include "adapters/sys/clock.h"
#include "cgtally/abi.h"
#include "harness/host/netns.h"
#include "harness/host/on_cpu.h"
#include "harness/traffic/wire.h"
#include "prog/programs.h"

namespace cgtally::prog {
namespace {

using namespace harness;
using bpf::ClosedWindow;
using bpf::ClosedWindows;
using bpf::WindowCursor;
using bpf::Windows;
using bpf::WindowSums;
using std::chrono::milliseconds;

constexpr Nanoseconds kCalm = milliseconds(20);  // a ring of 5 s: no machine is too slow for it

Frame frame_to(const char* destination, const Frame& payload, std::uint8_t protocol = kProtocolUdp,
               std::size_t fragment_offset = 0) {
  Ip4 header{.source = "198.51.100.1", .destination = destination};
  header.protocol = protocol;
  header.fragment_offset = static_cast<decltype(header.fragment_offset)>(fragment_offset);
  return ethernet(kRemoteMac, kLoopbackMac, kEtherIp4, ip4(header, payload));
}

// More accounts than a window can name. All frames are longer than the shortest of Ethernet.
Frame frame_on(AccountKind reason, std::size_t bytes) {
  switch (reason) {
    case AccountKind::not_ip:
      return ethernet(kRemoteMac, kLoopbackMac, kExperimental, Frame(bytes));
    case AccountKind::fragment:
      return frame_to("127.0.0.1", Frame(bytes), kProtocolUdp, 1480);
    case AccountKind::forwarded:
      return frame_to("198.51.100.9", udp(1000, 2000, bytes));
    case AccountKind::kernel:
      return frame_to("127.0.0.1", Frame(bytes), 1);
    default:
      return frame_to("127.0.0.1", udp(1000, 2000, bytes));
  }
}

constexpr AccountKind kReasons[] = {AccountKind::not_ip, AccountKind::fragment,
                                    AccountKind::forwarded, AccountKind::no_socket,
                                    AccountKind::kernel};

class WindowsTest : public testing::Test {
 protected:
  Netns netns_{"windows"};
  Inside inside_{netns_};

  static Windows windows_of(const Programs& programs, Nanoseconds window) {
    return Windows::map(programs.windows_fd(), programs.cpus(), window).value();
  }

  // Whatever is run next comes into a window of its own: a gated clock may be one jiffy behind.
  static WindowCursor from_now(const Windows& windows, Direction direction,
                               Nanoseconds window = milliseconds(1)) {
    auto cursor = windows.from(direction, sys::now().boot).value();
    std::this_thread::sleep_for(window + milliseconds(12));
    return cursor;
  }

  static void expect_no_windows(const Programs& programs) {
    programs.run(HookDirection::ingress, frame_on(AccountKind::not_ip, 100));
    const Windows windows = windows_of(programs, milliseconds(1));
    EXPECT_EQ(programs.total().rx_packets.value, 1U);
    EXPECT_EQ(windows.totals(Direction::rx).value(), WindowSums{});
  }

  static void expect_equal_sums(const Programs& programs, const Windows& windows) {
    const Traffic all = programs.total();
    const WindowSums rx = windows.totals(Direction::rx).value();
    const WindowSums tx = windows.totals(Direction::tx).value();
    EXPECT_EQ(rx, (WindowSums{all.rx_bytes, all.rx_packets}));
    EXPECT_EQ(tx, (WindowSums{all.tx_bytes, all.tx_packets}));
  }
};

WindowSums sum_of(const ClosedWindows& read) {
  WindowSums sum = read.missed;
  for (const ClosedWindow& window : read.windows) {
    sum.bytes += window.sums.bytes;
    sum.packets += window.sums.packets;
  }
  return sum;
}

TEST_F(WindowsTest, HoldWhatTheLedgerHoldsInBothDirections) {
  const Programs programs;
  const Windows windows = windows_of(programs, milliseconds(1));
  for (const AccountKind reason : kReasons) {
    programs.run(HookDirection::ingress, frame_on(reason, 100));
    programs.run(HookDirection::egress, frame_on(reason, 900));
    programs.run(HookDirection::ingress, frame_on(AccountKind::forwarded, 3000), 500);
  }
  EXPECT_GT(programs.total().rx_packets.value, 20U);
  expect_equal_sums(programs, windows);
}

TEST_F(WindowsTest, EachHoldsWhatCameInItsTimeAndOnWhom) {
  const Programs programs({}, {.window_ns = static_cast<std::uint64_t>(kCalm.count())});
  const Windows windows = windows_of(programs, kCalm);
  auto cursor = from_now(windows, Direction::rx, kCalm);
  for (const AccountKind reason : kReasons) {
    programs.run(HookDirection::ingress, frame_on(reason, 200));
    std::this_thread::sleep_for(3 * kCalm);
  }
  const auto read = windows.closed(cursor, sys::now().boot).value();
  EXPECT_EQ(read.missed, WindowSums{});
  ASSERT_EQ(read.windows.size(), std::size(kReasons));
  for (std::size_t i = 0; i < std::size(kReasons); ++i) {
    const ClosedWindow& window = read.windows[i];
    EXPECT_EQ(window.sums.packets.value, 1U);
    EXPECT_EQ(window.sums.bytes.value, frame_on(kReasons[i], 200).size());
    EXPECT_EQ(window.error.value, 0U);
    ASSERT_EQ(window.shares.size(), 1U);
    EXPECT_EQ(window.shares[0].slot, static_cast<std::uint32_t>(kReasons[i]));
    EXPECT_EQ(window.shares[0].least, window.sums.bytes);
    if (i > 0) {
      EXPECT_GT(window.window_index, read.windows[i - 1].window_index + 1);
    }
  }
  EXPECT_TRUE(windows.closed(cursor, sys::now().boot)->windows.empty());
  expect_equal_sums(programs, windows);
}

TEST_F(WindowsTest, AreInTheTimeOfTheirPackets) {
  const Programs programs(
      {}, {.window_ns = static_cast<std::uint64_t>(kCalm.count()), .clock_read_bytes = 0});
  const Windows windows = windows_of(programs, kCalm);
  auto cursor = from_now(windows, Direction::tx, kCalm);
  const auto before = sys::now().boot;
  programs.run(HookDirection::egress, frame_on(AccountKind::no_socket, 100));
  const auto after = sys::now().boot;
  std::this_thread::sleep_for(3 * kCalm);
  const auto read = windows.closed(cursor, sys::now().boot).value();
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_GE(read.windows[0].window_index, static_cast<std::uint64_t>(before / kCalm));
  EXPECT_LE(read.windows[0].window_index, static_cast<std::uint64_t>(after / kCalm));
}

TEST_F(WindowsTest, HoldOfTheNextWindowASixteenthOfTheOneBeforeAtMost) {
  // No multiple of a jiffy: ticks would come, and the clock be read, just as windows end.
  static constexpr Nanoseconds kOddLength{2'300'000};
  constexpr std::int64_t kGate = 1'000;
  const OnCpu first(OnCpu::Which::first);
  const Programs programs(
      {}, {.window_ns = static_cast<std::uint64_t>(kOddLength.count()), .clock_read_bytes = kGate});
  const Windows windows = windows_of(programs, kOddLength);
  auto cursor = from_now(windows, Direction::rx, kOddLength);
  const Frame frame = frame_on(AccountKind::not_ip, 986);
  const auto size = static_cast<std::int64_t>(frame.size());
  const auto window_now = [] { return sys::now().boot / kOddLength; };
  std::map<std::int64_t, std::int64_t> began;
  std::map<std::int64_t, std::int64_t> ended;
  const auto from = window_now();
  while (window_now() < from + 40) {
    const auto window = window_now();
    began[window] += size;
    programs.answer(HookDirection::ingress, frame);
    ended[window_now()] += size;
  }
  const auto to = window_now();
  std::this_thread::sleep_for(milliseconds(30));

  std::map<std::int64_t, std::int64_t> counted;
  const auto read = windows.closed(cursor, sys::now().boot).value();
  for (const ClosedWindow& window : read.windows) {
    counted[static_cast<std::int64_t>(window.window_index)] =
        static_cast<std::int64_t>(window.sums.bytes.value);
  }
  std::int64_t late = 0;   // of the packets that ended up to a window, what is not counted yet
  std::int64_t early = 0;  // what is counted up to a window, and had not begun
  std::int64_t last = 0;   // what the last window with packets before it held
  for (auto window = from; window <= to; ++window) {
    late += ended[window] - counted[window];
    early += counted[window] - began[window];
    EXPECT_LE(late, 0);
    if (counted[window] == 0) continue;
    EXPECT_LE(early, std::max(kGate, last / 16) + size);
    last = counted[window];
  }
  EXPECT_EQ(early, 0);
}

// By time, not by number: on any machine some packets are overwritten, and some are not.
TEST_F(WindowsTest, LoseNothingWhenTheyAreOverwrittenUnread) {
  constexpr Nanoseconds kShort = milliseconds(1);
  constexpr Nanoseconds kRing = kShort * CGT_WINDOW_RING;
  const Programs programs({}, {.clock_read_bytes = 0});
  const Windows windows = windows_of(programs, kShort);
  auto cursor = from_now(windows, Direction::rx);
  std::uint64_t packets = 0;
  for (const auto end = sys::now().boot + 2 * kRing; sys::now().boot < end; ++packets) {
    programs.answer(HookDirection::ingress, frame_on(AccountKind::not_ip, 100));
  }
  std::this_thread::sleep_for(milliseconds(25));
  const auto read = windows.closed(cursor, sys::now().boot).value();
  EXPECT_GT(read.missed.packets.value, 0U);
  EXPECT_FALSE(read.windows.empty());
  EXPECT_EQ(sum_of(read).packets.value, packets);
  EXPECT_EQ(sum_of(read).bytes, programs.total().rx_bytes);
  expect_equal_sums(programs, windows);
}

TEST_F(WindowsTest, NameTheHeaviestWithinTheirError) {
  constexpr Nanoseconds kLong = milliseconds(100);
  const Programs programs({}, {.window_ns = static_cast<std::uint64_t>(kLong.count())});
  const Windows windows = windows_of(programs, kLong);
  auto cursor = from_now(windows, Direction::rx, kLong);
  std::mt19937 random(1);
  std::discrete_distribution<std::size_t> who{1, 2, 4, 8, 16};
  std::uniform_int_distribution<std::size_t> bytes(60, 1400);
  std::map<std::uint32_t, std::uint64_t> truth;
  std::uint64_t all = 0;
  for (int i = 0; i < 800; ++i) {
    const AccountKind reason = kReasons[who(random)];
    const Frame frame = frame_on(reason, bytes(random));
    programs.answer(HookDirection::ingress, frame);
    truth[static_cast<std::uint32_t>(reason)] += frame.size();
    all += frame.size();
  }
  std::this_thread::sleep_for(2 * kLong + milliseconds(50));
  const auto read = windows.closed(cursor, sys::now().boot).value();
  ASSERT_EQ(sum_of(read).bytes.value, all);

  // The bounds of each window add up to bounds of the whole.
  std::map<std::uint32_t, std::uint64_t> least;
  std::uint64_t error = 0;
  for (const ClosedWindow& window : read.windows) {
    error += window.error.value;
    EXPECT_LE(window.error.value, window.sums.bytes.value / (CGT_WINDOW_TOP + 1));
    for (const auto& share : window.shares) least[share.slot] += share.least.value;
  }
  EXPECT_GT(error, 0U);
  for (const auto& [slot, had] : truth) {
    EXPECT_LE(least[slot], had) << slot;
    EXPECT_GE(least[slot] + error, had) << slot;
  }
}

TEST_F(WindowsTest, AreNotKeptWhereTheLoaderSaysSo) {
  expect_no_windows(Programs({}, Choices{.window_ns = 0}));
}

TEST_F(WindowsTest, AreNotKeptWithPreemptRt) {
  expect_no_windows(Programs({}, Choices{.preempt_rt = true}));
}

}  // namespace
}  // namespace cgtally::prog
