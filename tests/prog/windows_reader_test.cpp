// SPDX-License-Identifier: Apache-2.0
// The reader of windows, on rings that the test writes: what is closed, what is assembled, what is
// late, what is missed, and that nothing is taken from a cell while it is written.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "adapters/bpf/ledger/windows.h"
#include "adapters/sys/fd.h"
#include "cgtally/abi.h"

namespace cgtally::prog {
namespace {

using bpf::ClosedWindows;
using bpf::Windows;
using bpf::WindowSums;

constexpr Nanoseconds kWindow = std::chrono::milliseconds(1);
constexpr std::uint32_t kCpus = 2;
constexpr std::size_t kBytes = kCpus * 2 * sizeof(cgt_window_row);

WindowSums sums(std::uint64_t bytes, std::uint64_t packets) { return {{bytes}, {packets}}; }

// What the kernel side would have written.
class WindowsReader : public testing::Test {
 protected:
  WindowsReader() : file_(memfd_create("cgt-windows", MFD_CLOEXEC)) {
    if (ftruncate(file_.get(), kBytes) != 0) throw std::runtime_error("memfd");
    void* at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (at == MAP_FAILED) throw std::runtime_error("mmap");
    rows_ = static_cast<cgt_window_row*>(at);
  }
  ~WindowsReader() override { munmap(rows_, kBytes); }

  // In the receiving direction.
  cgt_window& cell(std::uint32_t cpu, std::uint64_t window_index) {
    return rows_[std::size_t{cpu} * 2].ring[window_index % CGT_WINDOW_RING];
  }
  cgt_window& write(std::uint32_t cpu, std::uint64_t window_index, std::uint64_t bytes,
                    std::uint64_t packets) {
    cell(cpu, window_index) = {.window_index = window_index,
                               .bytes = bytes,
                               .packets = packets,
                               .seq = 2,
                               .error = 0,
                               .top = {}};
    return cell(cpu, window_index);
  }
  [[nodiscard]] Windows windows() const {
    return Windows::map(file_.get(), kCpus, kWindow).value();
  }

  sys::Fd file_;
  cgt_window_row* rows_ = nullptr;
};

Nanoseconds at(std::uint64_t window_index) {
  return kWindow * static_cast<std::int64_t>(window_index);
}

TEST_F(WindowsReader, AWindowIsClosedOnceEveryCpuHasALaterOneOrHadTimeFor) {
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  write(0, 1000, 500, 5);
  EXPECT_TRUE(windows.closed(cursor, at(1001))->windows.empty());
  write(0, 1001, 700, 7);
  EXPECT_TRUE(windows.closed(cursor, at(1001))->windows.empty());  // the other CPU may be late
  write(1, 1001, 10, 1);
  auto read = windows.closed(cursor, at(1001)).value();
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].window_index, 1000U);
  EXPECT_EQ(read.windows[0].sums, sums(500, 5));
  read = windows.closed(cursor, at(1002 + 20)).value();
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].sums, sums(200 + 10, 2 + 1));
  EXPECT_EQ(read.missed, WindowSums{});
}

// As a weakly ordered CPU may show a window that is being opened: its index, and the sums that the
// cell had a lap ago.
TEST_F(WindowsReader, SumsThatAreOlderThanTheIndexAreNotTakenForTraffic) {
  write(0, 999, 1000, 10);
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  write(0, 1000, 40, 1);
  EXPECT_EQ(windows.totals(Direction::rx).value(), sums(1000, 10));
  EXPECT_TRUE(windows.closed(cursor, at(2000))->windows.empty());
  write(0, 1000, 1100, 11);
  write(0, 1001, 1300, 13);
  const auto read = windows.closed(cursor, at(3000)).value();
  WindowSums all;
  for (const auto& window : read.windows) all.bytes += window.sums.bytes;
  EXPECT_EQ(all.bytes.value, 300U);
}

TEST_F(WindowsReader, WhatWasThereBeforeIsNotRead) {
  write(0, 900, 100, 1);
  write(1, 1000, 300, 3);
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  write(1, 1000, 400, 4);  // it was still open
  write(0, 1001, 150, 2);
  const auto read = windows.closed(cursor, at(2000)).value();
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].window_index, 1001U);
  EXPECT_EQ(read.windows[0].sums, sums(50, 1));
}

TEST_F(WindowsReader, SharesAddUpOverTheCpusAndSoDoTheirErrors) {
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  cgt_window& first = write(0, 1000, 900, 9);
  first.error = 30;
  first.top[0] = {.slot = 7, .bytes = 200};
  first.top[2] = {.slot = 8, .bytes = 600};
  cgt_window& second = write(1, 1000, 500, 5);
  second.error = 4;
  second.top[1] = {.slot = 7, .bytes = 450};
  const auto read = windows.closed(cursor, at(2000)).value();
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].sums, sums(1400, 14));
  EXPECT_EQ(read.windows[0].error.value, 34U);
  ASSERT_EQ(read.windows[0].shares.size(), 2U);
  EXPECT_EQ(read.windows[0].shares[0].slot, 7U);
  EXPECT_EQ(read.windows[0].shares[0].least.value, 650U);
  EXPECT_EQ(read.windows[0].shares[1].least.value, 600U);
}

TEST_F(WindowsReader, ALateCpusRestComesAgainUnderItsEpoch) {
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  write(0, 1000, 500, 5).top[0] = {.slot = 7, .bytes = 500};
  EXPECT_EQ(windows.closed(cursor, at(1100))->windows.size(), 1U);
  write(0, 1000, 800, 8).top[0] = {.slot = 7, .bytes = 800};
  write(0, 1110, 900, 9);
  const auto read = windows.closed(cursor, at(1200)).value();
  ASSERT_EQ(read.windows.size(), 2U);
  EXPECT_EQ(read.windows[0].window_index, 1000U);
  EXPECT_EQ(read.windows[0].sums, sums(300, 3));
  EXPECT_TRUE(read.windows[0].shares.empty());
  EXPECT_EQ(read.windows[0].error.value, 300U);
  EXPECT_EQ(read.windows[1].sums, sums(100, 1));
}

TEST_F(WindowsReader, WhatWasOverwrittenUnreadIsMissedAndNotGivenToANeighbour) {
  const Windows windows = this->windows();
  auto cursor = windows.from(Direction::rx, at(999)).value();
  write(0, 1000, 500, 5);
  EXPECT_EQ(windows.closed(cursor, at(1100))->windows.size(), 1U);
  // 1200 was written, and 1456 lies in its place now.
  write(0, 1456, 700, 7);
  write(0, 1457, 800, 8);
  const auto read = windows.closed(cursor, at(2000)).value();
  EXPECT_EQ(read.missed, sums(200, 2));
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].window_index, 1457U);
  EXPECT_EQ(read.windows[0].sums, sums(100, 1));
}

TEST_F(WindowsReader, ALongSilenceThatWasWatchedIsNoGap) {
  const Windows windows = this->windows();
  write(0, 1000, 500, 5);
  auto cursor = windows.from(Direction::rx, at(999)).value();
  for (std::uint64_t window_index = 1100; window_index <= 5000; window_index += 100) {
    EXPECT_TRUE(windows.closed(cursor, at(window_index))->windows.empty());
  }
  write(0, 1000 + 16 * CGT_WINDOW_RING, 700, 7);  // 5096, over the one before
  const auto read = windows.closed(cursor, at(5200)).value();
  EXPECT_EQ(read.missed, WindowSums{});
  ASSERT_EQ(read.windows.size(), 1U);
  EXPECT_EQ(read.windows[0].sums, sums(200, 2));
}

TEST_F(WindowsReader, ACellThatStaysHalfWrittenIsAnErrorAndNoNumber) {
  write(0, 1000, 500, 5);
  write(0, 1001, 600, 6).seq = 3;
  EXPECT_FALSE(windows().totals(Direction::rx).has_value());
}

TEST_F(WindowsReader, ACellIsNeverSeenHalfWritten) {
  write(0, 1000, 0, 0);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    cgt_window& written = cell(0, 1000);
    for (std::uint64_t i = 1; !stop; ++i) {
      __atomic_store_n(&written.seq, written.seq + 1, __ATOMIC_RELAXED);
      __atomic_thread_fence(__ATOMIC_RELEASE);
      __atomic_store_n(&written.bytes, 100 * i, __ATOMIC_RELAXED);
      __atomic_store_n(&written.packets, i, __ATOMIC_RELAXED);
      __atomic_store_n(&written.seq, written.seq + 1, __ATOMIC_RELEASE);
    }
  });
  const Windows windows = this->windows();
  int torn = 0;
  std::uint64_t last = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto total = windows.totals(Direction::rx);
    if (!total) continue;
    torn += total->bytes.value != 100 * total->packets.value || total->packets.value < last;
    last = total->packets.value;
  }
  stop = true;
  writer.join();
  EXPECT_GT(last, 0U);
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace cgtally::prog
