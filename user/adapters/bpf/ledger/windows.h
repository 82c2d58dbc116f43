// SPDX-License-Identifier: Apache-2.0
// The windows of one interface, mapped: what each slice of time carried and who weighed most in it.
// Nothing is lost by not looking: sums are cumulative, so windows that were overwritten before they
// were read show as `missed`, with what they held together. A cell that is being written is waited
// for, never guessed. While traffic runs, totals() is exact only on CPUs with store order (not
// arm64); closed() reads what nobody writes any more.
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

// A slot of the ledger that weighed much: it had at least `least`, at most that and the window's
// `error`.
struct WindowShare {
  std::uint32_t slot = 0;
  Bytes least;
};

struct ClosedWindow {
  std::uint64_t window_index = 0;  // begins at window_index * window length of CLOCK_BOOTTIME
  WindowSums sums;
  Bytes error;  // what each share may lack, and what a slot that is not named may have had
  std::vector<WindowShare> shares;  // heaviest first
};

struct ClosedWindows {
  // Ascending, those with traffic only. An window_index that a CPU was late for comes once more,
  // with that CPU's rest and no names.
  std::vector<ClosedWindow> windows;
  WindowSums missed;  // of windows that were overwritten before they were read
  // The windows [from, to) of which a CPU's part is among them; the same where nothing is missing.
  std::uint64_t missed_from = 0;
  std::uint64_t missed_to = 0;
  void miss(std::uint64_t from, std::uint64_t to);
};

// How far one reader has come in one direction.
class WindowCursor {
 public:
  [[nodiscard]] std::uint64_t through() const {
    return through_;
  }  // the last closed window_index read

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

class Windows {
 public:
  // Maps `windows_fd`, the rings of `cpus` possible CPUs.
  static Result<Windows> map(int windows_fd, std::uint32_t cpus, Nanoseconds window);

  Windows(Windows&& other) noexcept;
  Windows& operator=(Windows&& other) = delete;
  ~Windows();

  // Everything booked so far, the open windows included. A packet that a ledger read earlier holds
  // is in here; one that is in here a ledger read later holds.
  [[nodiscard]] Result<WindowSums> totals(Direction direction) const;

  // From the first window that begins after `boot_time` and that no packet has opened yet.
  [[nodiscard]] Result<WindowCursor> from(Direction direction, Nanoseconds boot_time) const;
  // Windows that have closed since the cursor was last here. `boot_time` is CLOCK_BOOTTIME, taken
  // before the call. Misses nothing if called at least every `longest_pause()`.
  [[nodiscard]] Result<ClosedWindows> closed(WindowCursor& cursor, Nanoseconds boot_time) const;
  // How long a window that is over is waited for, if its CPU does not open a later one.
  [[nodiscard]] Nanoseconds closes_after() const { return closes_after_; }
  [[nodiscard]] Nanoseconds longest_pause() const;

 private:
  Windows(std::span<const cgt_window_row> rows, std::uint32_t cpus, Nanoseconds window);
  struct Row;
  [[nodiscard]] Result<Row> row(Direction direction, std::uint32_t cpu) const;
  [[nodiscard]] Result<std::vector<Row>> rows(Direction direction) const;
  [[nodiscard]] std::uint64_t first_open(const std::vector<Row>& rows, Nanoseconds boot_time) const;

  std::span<const cgt_window_row> rows_;
  std::uint32_t cpus_;
  Nanoseconds window_;
  Nanoseconds closes_after_;
};

// Where a pinned ledger keeps the windows of an interface.
[[nodiscard]] std::string windows_pin(const std::string& directory, InterfaceKey key);
void unpin_windows(const std::string& directory, InterfaceKey key);

}  // namespace cgtally::bpf
