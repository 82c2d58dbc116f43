// SPDX-License-Identifier: Apache-2.0
// WindowReader: reads the windows of interfaces in a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/windows.h"
#include "core/base/result.h"
#include "core/bursts/window.h"
#include "core/traffic/direction.h"
#include "core/traffic/reading.h"

namespace cgtally::monitor {

// The windows that one read of an interface brought in one direction.
struct ReadWindows {
  InterfaceKey iface;
  Direction direction = Direction::rx;
  std::uint64_t from = 0;     // all from this one ...
  std::uint64_t through = 0;  // ... to this one have closed since the last read
  bpf::ClosedWindows closed;
  Nanoseconds lap{};  // of its rings, or a little less
};

// The kernel keeps the last 256 windows only, 26 ms of them at 100 us, and the command's own thread
// may spend longer than that on sockets and counters. What was read waits for drain(); while too
// much waits nothing is read, and the next read reports what was overwritten as missed. A
// BurstMonitor owns one. Does not interpret the windows.
class WindowReader {
 public:
  static constexpr std::size_t kMostWaiting = 65'536;  // windows and reads

  WindowReader() = default;
  WindowReader(const WindowReader&) = delete;
  WindowReader& operator=(const WindowReader&) = delete;

  // Reads from now on, once in `pause`, until stop(). Signals should be blocked before.
  void start(Nanoseconds pause);
  // From the first window that begins after this.
  Result<void> add(InterfaceKey iface, bpf::Windows windows);
  // Comes back when the windows that add() asked for have begun on each CPU: no packet that is
  // counted from then on is in a window before them.
  void await_first() const;
  // Reads it for the last time. The drain() that follows has all there is of the interface.
  void remove(InterfaceKey iface);
  // What was read since the last call, in the order in which it closed.
  [[nodiscard]] std::vector<ReadWindows> drain();
  // Of windows with figures that cannot be, which are not read any more; once for each interface.
  [[nodiscard]] std::vector<Error> take_damage();
  // Waits for the windows that are open now, reads them, and no more.
  void stop();

 private:
  struct Source {
    bpf::Windows windows;
    PerDirection<bpf::WindowCursor> cursors;
    bool damaged = false;  // read no more
  };
  std::vector<Error> damage_;  // by handed_mutex_
  void run(const std::stop_token& stop, Nanoseconds pause);
  void read_all();
  void read(InterfaceKey iface, Source& source);
  void hand_over(std::unique_lock<std::mutex> lock);

  [[nodiscard]] Nanoseconds longest_open() const;

  mutable std::mutex mutex_;  // of the sources and of what was read but not handed over
  std::condition_variable_any wake_;
  std::map<InterfaceKey, Source> sources_;
  std::vector<ReadWindows> fresh_;
  // Of what was handed over. The thread never waits for this mutex, because its holder may have
  // lost the CPU.
  std::mutex handed_mutex_;
  std::vector<ReadWindows> handed_;
  std::atomic<std::size_t> waiting_ = 0;  // windows and reads in both
  std::jthread thread_;                   // ends first
};

}  // namespace cgtally::monitor
