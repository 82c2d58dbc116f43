// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/windows.h"

#include <unistd.h>

#include <fmt/core.h>
#include <sys/mman.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <thread>
#include <utility>

#include "adapters/bpf/base/damage.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// A CPU may write to a window for up to a jiffy after its end. If the ring is long enough, more
// time is allowed, for a virtual CPU that the hypervisor has suspended.
constexpr Nanoseconds kCloseGrace = std::chrono::milliseconds(10);

Nanoseconds wait_for_last(Nanoseconds window) {
  return std::max(sys::jiffy(), std::min(kCloseGrace, window * (CGT_WINDOW_RING / 4))) + window;
}
constexpr std::chrono::milliseconds kPatience{200};
constexpr int kAttempts = 100'000;  // a writer's virtual CPU may be suspended for many milliseconds

WindowSums sums_of(const cgt_window& cell) { return {Bytes{cell.bytes}, Packets{cell.packets}}; }

// The difference of two cumulative sums: they only grow.
WindowSums step(const WindowSums& from, const WindowSums& to) {
  return {Bytes{to.bytes.value - from.bytes.value}, Packets{to.packets.value - from.packets.value}};
}

bool grew(const WindowSums& from, const WindowSums& to) {
  return to.bytes.value >= from.bytes.value && to.packets.value >= from.packets.value;
}

void add(WindowSums& to, const WindowSums& more) {
  to.bytes += more.bytes;
  to.packets += more.packets;
}

template <typename T>
T load(const T& field) {
  return __atomic_load_n(&field, __ATOMIC_RELAXED);
}

cgt_window copy_of(const cgt_window& cell) {
  cgt_window copy{};
  copy.window_index = load(cell.window_index);
  copy.bytes = load(cell.bytes);
  copy.packets = load(cell.packets);
  copy.error = load(cell.error);
  for (std::size_t i = 0; i < CGT_WINDOW_TOP; ++i) {
    copy.top[i].slot = load(cell.top[i].slot);
    copy.top[i].bytes = load(cell.top[i].bytes);
  }
  return copy;
}

// A consistent copy: waits while the window is being written. Empty if that takes too long.
// Memory order: `seq` is loaded before and after the fields (acquire, fence), which is all that a
// reader can do. The programs' stores are plain: x86-64 keeps their order, so an even `seq` that
// did not change means a whole packet. arm64 does not, and BPF has no store with release
// before 6.15: a copy of a window that is written just now may mix two packets, or two laps.
// Nothing is concluded from such a copy: closed() takes sums that grew only, and looks at the last
// window again.
std::optional<cgt_window> consistent_copy(const cgt_window& cell) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 100 && std::chrono::steady_clock::now() > end) break;
    const std::uint32_t before = __atomic_load_n(&cell.seq, __ATOMIC_ACQUIRE);
    if (before % 2 == 0) {
      const cgt_window copy = copy_of(cell);
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      if (load(cell.seq) == before) return copy;
    }
    if (attempt > 100) std::this_thread::yield();
  }
  return {};
}

// Adds up the parts that the CPUs have of each window. Used by closed() only.
class Assembly {
 public:
  void add_window(const cgt_window& cell, const WindowSums& sums) {
    Part& part = part_of(cell.window_index, sums);
    part.error += cell.error;
    for (const cgt_window_top& top : cell.top) {
      if (top.bytes != 0) part.shares[top.slot] += top.bytes;
    }
  }

  // What a CPU counted after the window was read: its accounts are unknown.
  void add_late(std::uint64_t window_index, const WindowSums& sums) {
    part_of(window_index, sums).error += sums.bytes.value;
  }

  [[nodiscard]] std::vector<ClosedWindow> windows() const {
    std::vector<ClosedWindow> all;
    for (const auto& [window_index, part] : parts_) {
      ClosedWindow window{.window_index = window_index,
                          .sums = part.sums,
                          .error = Bytes{part.error},
                          .shares = {}};
      for (const auto& [slot, bytes] : part.shares) window.shares.push_back({slot, Bytes{bytes}});
      std::ranges::stable_sort(window.shares, std::greater{}, &WindowShare::least);
      all.push_back(std::move(window));
    }
    return all;
  }

 private:
  struct Part {
    WindowSums sums;
    std::uint64_t error = 0;
    std::map<std::uint32_t, std::uint64_t> shares;
  };
  Part& part_of(std::uint64_t window_index, const WindowSums& sums) {
    Part& part = parts_[window_index];
    add(part.sums, sums);
    return part;
  }
  std::map<std::uint64_t, Part> parts_;
};

}  // namespace

// A copy of one row's used windows, by index, from some window on. All windows before `opened` had
// closed when they were copied. A window can be missing only because a later one overwrote it: the
// last CGT_WINDOW_RING windows are always here.
struct Windows::Row {
  std::uint64_t opened = 0;
  std::vector<cgt_window> cells;

  [[nodiscard]] std::uint64_t last() const { return cells.empty() ? 0 : cells.back().window_index; }
  // The greatest, not the last: on arm64 a window that is being opened may have its index already,
  // and the sums of a lap ago.
  [[nodiscard]] WindowSums sums() const {
    WindowSums most;
    for (const cgt_window& cell : cells) {
      if (const WindowSums one = sums_of(cell); grew(most, one)) most = one;
    }
    return most;
  }
  [[nodiscard]] std::uint64_t complete_from() const {
    return last() < CGT_WINDOW_RING ? 0 : last() - CGT_WINDOW_RING + 1;
  }
};

void ClosedWindows::miss(std::uint64_t from, std::uint64_t to) {
  const bool first = missed_to == missed_from;
  missed_from = first ? from : std::min(missed_from, from);
  missed_to = first ? to : std::max(missed_to, to);
}

Result<Windows> Windows::map(int windows_fd, std::uint32_t cpus, Nanoseconds window) {
  const std::size_t count = std::size_t{cpus} * 2;
  void* at = mmap(nullptr, count * sizeof(cgt_window_row), PROT_READ, MAP_SHARED, windows_fd, 0);
  if (at == MAP_FAILED) return std::unexpected(sys::error_from(errno, "map the windows"));
  return Windows({static_cast<const cgt_window_row*>(at), count}, cpus, window);
}

Windows::Windows(std::span<const cgt_window_row> rows, std::uint32_t cpus, Nanoseconds window)
    : rows_(rows), cpus_(cpus), window_(window), closes_after_(wait_for_last(window)) {}

Windows::Windows(Windows&& other) noexcept
    : rows_(std::exchange(other.rows_, {})),
      cpus_(other.cpus_),
      window_(other.window_),
      closes_after_(other.closes_after_) {}

Windows::~Windows() {
  if (!rows_.empty()) munmap(const_cast<cgt_window_row*>(rows_.data()), rows_.size_bytes());
}

// Nobody writes a window that is long over.
Error Windows::not_consistent(std::uint64_t window_index) const {
  const auto now = static_cast<std::uint64_t>(sys::now().boot / window_);
  const auto second = static_cast<std::uint64_t>(std::chrono::seconds{1} / window_);
  if (window_index + second >= now && window_index <= now + second) {
    return sys::error_from(EBUSY, "read a window that is written");
  }
  return damaged_ledger(fmt::format("window {} is being written, and it is {}", window_index, now));
}

Result<Windows::Row> Windows::row(Direction direction, std::uint32_t cpu,
                                  std::uint64_t from) const {
  const std::size_t index = std::size_t{cpu} * 2 + (direction == Direction::tx ? 1 : 0);
  const std::span<const cgt_window> ring(rows_[index].ring);
  Row row;
  // Memory order: the fence keeps these loads before the copies. On x86-64 all windows before
  // `opened` are therefore complete. On arm64 the last packet before it may still be on its way
  // from that CPU: it is found when the last window is looked at again, as what came late.
  for (const cgt_window& cell : ring)
    row.opened = std::max<std::uint64_t>(row.opened, load(cell.window_index));
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  for (const cgt_window& cell : ring) {
    // One that is opened just now is not closed: the next reading has it.
    if (load(cell.window_index) < from) continue;
    const auto copy = consistent_copy(cell);
    if (!copy) return std::unexpected(not_consistent(load(cell.window_index)));
    if (copy->window_index != 0) row.cells.push_back(*copy);
  }
  std::ranges::sort(row.cells, {}, &cgt_window::window_index);
  return row;
}

Result<std::vector<Windows::Row>> Windows::rows(Direction direction,
                                                const WindowCursor* since) const {
  std::vector<Row> rows;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    auto one = row(direction, cpu, since == nullptr ? 0 : since->rows_[cpu].window_index);
    if (!one) return std::unexpected(std::move(one).error());
    rows.push_back(*std::move(one));
  }
  return rows;
}

Result<WindowSums> Windows::totals(Direction direction) const {
  const auto all = rows(direction);
  if (!all) return std::unexpected(all.error());
  WindowSums total;
  for (const Row& row : *all) add(total, row.sums());
  return total;
}

Result<WindowCursor> Windows::from(Direction direction, Nanoseconds boot_time) const {
  const auto all = rows(direction);
  if (!all) return std::unexpected(all.error());
  WindowCursor cursor;
  cursor.direction_ = direction;
  cursor.rows_.resize(all->size());
  if (auto sound = check(*all, cursor, boot_time); !sound) {
    return std::unexpected(std::move(sound).error());
  }
  cursor.rows_.clear();
  cursor.through_ = static_cast<std::uint64_t>(boot_time / window_);
  for (const Row& row : *all) {
    cursor.rows_.push_back({.window_index = row.last(), .sums = row.sums()});
    cursor.through_ = std::max(cursor.through_, row.last());
  }
  cursor.first_ = cursor.through_ + 1;
  return cursor;
}

// The first window that may still be open on some CPU. Every window before it is closed: each CPU
// has opened a later one, or has had the time to.
std::uint64_t Windows::first_open(const std::vector<Row>& rows, Nanoseconds boot_time) const {
  const Nanoseconds over = std::max(boot_time - closes_after_, Nanoseconds::zero());
  const auto by_time = static_cast<std::uint64_t>(over / window_);
  std::uint64_t first = UINT64_MAX;
  for (const Row& row : rows) first = std::min(first, std::max(by_time, row.opened));
  return first;
}

// Sums that went back or a window of the future would become bursts of exabytes and walks without
// an end. The rows were copied after `boot_time`, maybe long after it.
Result<void> Windows::check(const std::vector<Row>& rows, const WindowCursor& cursor,
                            Nanoseconds boot_time) const {
  const Nanoseconds now = std::max(boot_time, sys::now().boot) + std::chrono::seconds{1};
  const auto latest = static_cast<std::uint64_t>(now / window_) + 1;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    WindowSums before = cursor.rows_[cpu].sums;
    for (const cgt_window& cell : rows[cpu].cells) {
      if (cell.window_index > latest) {
        return std::unexpected(
            damaged_ledger(fmt::format("a window of CPU {} has number {}, and {} is the latest",
                                       cpu, cell.window_index, latest)));
      }
      if (cell.window_index < cursor.rows_[cpu].window_index) continue;
      if (!grew(before, sums_of(cell))) {
        if (cell.window_index == rows[cpu].last()) continue;  // half of it is to be seen yet
        return std::unexpected(damaged_ledger(
            fmt::format("the sums of CPU {} went back from {} to {} bytes in window {}", cpu,
                        before.bytes.value, cell.bytes, cell.window_index)));
      }
      before = sums_of(cell);
    }
  }
  return {};
}

Nanoseconds Windows::longest_pause() const {
  return window_ * (CGT_WINDOW_RING - 2) - closes_after_;
}

Result<ClosedWindows> Windows::closed(WindowCursor& cursor, Nanoseconds boot_time) const {
  const auto all = rows(cursor.direction_, &cursor);
  if (!all) return std::unexpected(all.error());
  if (auto sound = check(*all, cursor, boot_time); !sound) {
    return std::unexpected(std::move(sound).error());
  }
  const std::uint64_t end = first_open(*all, boot_time);
  if (end <= cursor.through_ + 1) return ClosedWindows{};

  ClosedWindows read;
  Assembly assembly;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    const Row& row = (*all)[cpu];
    WindowCursor::Row& base = cursor.rows_[cpu];
    if (row.complete_from() > cursor.through_ + 1) {
      base.gap = true;
      read.miss(cursor.through_ + 1, row.complete_from());
    }
    for (const cgt_window& cell : row.cells) {
      if (cell.window_index < base.window_index || cell.window_index >= end) continue;
      if (base.gap && cell.window_index < row.complete_from()) continue;
      // Only half of it is to be seen yet (consistent_copy): the next window has what it held.
      if (!grew(base.sums, sums_of(cell))) continue;
      const WindowSums gained = step(base.sums, sums_of(cell));
      const bool again = cell.window_index == base.window_index;
      base.window_index = cell.window_index;
      base.sums = sums_of(cell);
      if (cell.window_index < cursor.first_ || gained.packets.value == 0) continue;
      if (std::exchange(base.gap, false)) {
        add(read.missed, gained);  // cannot be split into this window and those before it
        read.miss(cell.window_index, cell.window_index + 1);
      } else if (again) {
        assembly.add_late(cell.window_index, gained);
      } else {
        assembly.add_window(cell, gained);
      }
    }
  }
  cursor.through_ = end - 1;
  read.windows = assembly.windows();
  return read;
}

std::string windows_pin(const std::string& directory, InterfaceKey key) {
  return fmt::format("{}/{}-windows", directory, key.value);
}

void unpin_windows(const std::string& directory, InterfaceKey key) {
  ::unlink(windows_pin(directory, key).c_str());
}

}  // namespace cgtally::bpf
