// SPDX-License-Identifier: Apache-2.0
// Reads the windows of one interface: what each slice of time carried, and the accounts that
// weighed most in it (docs/internals/windows.md). Sums are cumulative, so windows that were
// overwritten before they were read are reported as `missed`, with what they held together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/traffic/account.h"
#include "core/traffic/direction.h"

struct cgt_window;
struct cgt_window_row;

namespace cgtally::bpf {

struct WindowSums {
  Bytes bytes;
  Packets packets;
  bool operator==(const WindowSums&) const = default;
};

// The bytes of one slot in a window: at least `least`, at most `least` plus the window's `error`.
struct WindowShare {
  std::uint32_t slot = 0;
  Bytes least;
};

struct ClosedWindow {
  std::uint64_t window_index = 0;  // begins at window_index * window length of CLOCK_BOOTTIME
  WindowSums sums;
  Bytes error;  // at most this is missing in each share, and in each slot that is not named
  std::vector<WindowShare> shares;  // heaviest first
};

struct ClosedWindows {
  // Ascending, only windows with traffic. If a CPU counted late for a window that was read before,
  // the window comes again, with what that CPU added and without shares.
  std::vector<ClosedWindow> windows;
  WindowSums missed;  // what was in windows that were overwritten before they were read
  // The range [from, to) of windows that lack the part of some CPU; equal if nothing is missing.
  std::uint64_t missed_from = 0;
  std::uint64_t missed_to = 0;
  void miss(std::uint64_t from, std::uint64_t to);
};

// The position of one reader in one direction. Made by Windows::from(), advanced by closed().
class WindowCursor {
 public:
  // The index of the last closed window that was read.
  [[nodiscard]] std::uint64_t through() const { return through_; }

 private:
  friend class Windows;
  struct Row {
    std::uint64_t window_index = 0;  // the last one read, and the sums that it had then
    WindowSums sums;
    bool gap = false;  // windows after it were overwritten unread
  };
  Direction direction_ = Direction::rx;
  std::uint64_t first_ = 0;  // windows before this one are not asked for
  std::uint64_t through_ = 0;
  std::vector<Row> rows_;
};

// The mapped rings of one interface. Used by the window thread and by coverage checks. Waits while
// a window is being written, and never returns a half-written one. Does not resolve slots to
// accounts. While traffic runs, totals() is exact only on strongly ordered CPUs (not arm64);
// closed() reads only windows that no CPU writes any more.
class Windows {
 public:
  // Maps `windows_fd`, the rings of `cpus` possible CPUs.
  static Result<Windows> map(int windows_fd, std::uint32_t cpus, Nanoseconds window);

  Windows(Windows&& other) noexcept;
  Windows& operator=(Windows&& other) = delete;
  ~Windows();

  // All that was counted so far, open windows included. Each packet that an earlier reading of the
  // ledger has is in the result, and each packet in the result is in a later reading.
  [[nodiscard]] Result<WindowSums> totals(Direction direction) const;

  // A cursor at the first window that begins after `boot_time` and that no CPU has opened yet.
  [[nodiscard]] Result<WindowCursor> from(Direction direction, Nanoseconds boot_time) const;
  // The windows that have closed since the previous call. `boot_time` is CLOCK_BOOTTIME, taken
  // before the call. Misses nothing if called at least once per longest_pause().
  [[nodiscard]] Result<ClosedWindows> closed(WindowCursor& cursor, Nanoseconds boot_time) const;
  // How long after its end a window counts as open, if its CPU does not open a later one.
  [[nodiscard]] Nanoseconds closes_after() const { return closes_after_; }
  [[nodiscard]] Nanoseconds longest_pause() const;

 private:
  Windows(std::span<const cgt_window_row> rows, std::uint32_t cpus, Nanoseconds window);
  struct Row;
  // Windows from `from` on.
  [[nodiscard]] Result<Row> row(Direction direction, std::uint32_t cpu, std::uint64_t from) const;
  // All windows, or those that `since` has not read, and the last one that it has.
  [[nodiscard]] Result<std::vector<Row>> rows(Direction direction,
                                              const WindowCursor* since = nullptr) const;
  [[nodiscard]] Error not_consistent(std::uint64_t window_index) const;
  [[nodiscard]] Result<void> check(const std::vector<Row>& rows, const WindowCursor& cursor,
                                   Nanoseconds boot_time) const;
  [[nodiscard]] std::uint64_t first_open(const std::vector<Row>& rows, Nanoseconds boot_time) const;

  std::span<const cgt_window_row> rows_;
  std::uint32_t cpus_;
  Nanoseconds window_;
  Nanoseconds closes_after_;
};

// The pin of an interface's windows below the ledger's directory.
[[nodiscard]] std::string windows_pin(const std::string& directory, InterfaceKey key);
void unpin_windows(const std::string& directory, InterfaceKey key);

}  // namespace cgtally::bpf
