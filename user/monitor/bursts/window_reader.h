// SPDX-License-Identifier: Apache-2.0
// Reads the windows of interfaces in a thread of its own. The kernel keeps the last 256 windows
// only, 26 ms of them at 100 us, and whoever else reads sockets and counters may be kept for longer
// than that. What was read waits until it is taken; while too much waits nothing is read, and what
// is overwritten then is told as missed by the read that follows.
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

// What one look at an interface has brought in one direction.
struct ReadWindows {
  InterfaceKey iface;
  Direction direction = Direction::rx;
  std::uint64_t from = 0;     // all from this one ...
  std::uint64_t through = 0;  // ... to this one have closed since the last look
  bpf::ClosedWindows closed;
  Nanoseconds lap{};  // of its rings, or a little less
};

class WindowReader {
 public:
  static constexpr std::size_t kMostWaiting = 65'536;  // windows and looks

  WindowReader() = default;
  WindowReader(const WindowReader&) = delete;
  WindowReader& operator=(const WindowReader&) = delete;

  // Reads from now on, once in `pause`, until stop(). Signals should be blocked before.
  void start(Nanoseconds pause);
  // From the first window that begins after this.
  Result<void> add(InterfaceKey iface, bpf::Windows windows);
  // Reads it for the last time. The drain() that follows has all there is of the interface.
  void remove(InterfaceKey iface);
  // What was read since the last call, in the order in which it closed.
  [[nodiscard]] std::vector<ReadWindows> drain();
  // Waits for the windows that are open now, reads them, and no more.
  void stop();

 private:
  struct Source {
    bpf::Windows windows;
    PerDirection<bpf::WindowCursor> cursors;
  };
  void run(const std::stop_token& stop, Nanoseconds pause);
  void read_all();
  void read(InterfaceKey iface, Source& source);
  void hand_over(std::unique_lock<std::mutex> lock);

  std::mutex mutex_;  // of the sources and of what was read but not handed over
  std::condition_variable_any wake_;
  std::map<InterfaceKey, Source> sources_;
  std::vector<ReadWindows> fresh_;
  // Of what was handed over. The thread never waits for it: who holds it may be kept from the CPU.
  std::mutex handed_mutex_;
  std::vector<ReadWindows> handed_;
  std::atomic<std::size_t> waiting_ = 0;  // windows and looks in both
  std::jthread thread_;                   // ends first
};

}  // namespace cgtally::monitor
