// SPDX-License-Identifier: Apache-2.0
// EventLoop: the rhythm of a command that counts, with its signals and its end.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/sys/poller.h"
#include "adapters/sys/signals.h"
#include "adapters/sys/timer.h"
#include "adapters/sys/write.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::monitor {

// Calls the command's tick at each interval and once more at the end: after the time asked for, on
// Ctrl-C or SIGTERM, or when the command ends it. Never ticks twice for one deadline. Each command
// that counts, and the keeper, run in one. Knows nothing of what a tick does.
class EventLoop {
 public:
  // Blocks the signals: make it before anything is attached.
  static Result<EventLoop> open();

  [[nodiscard]] sys::Poller& poller() { return poller_; }
  // Called for signals that do not end the program: SIGWINCH, SIGTSTP.
  void on_signal(std::function<void(int)> callback) { on_signal_ = std::move(callback); }
  // No more ticks after the one or the callback that runs, not even a last one.
  void abandon() { abandoned_ = true; }
  // From the next tick on; the first one comes an interval from now.
  void set_interval(Nanoseconds interval) { new_interval_ = interval; }
  // Whether the user has asked for the end, for work before run() that takes long.
  [[nodiscard]] bool asked_to_end();
  // The user has asked for the end: one last tick.
  void finish();
  // For writes: waits for room, but no longer than a second after the end was asked for, so that
  // Ctrl-C always works.
  [[nodiscard]] sys::WaitForRoom waiting() {
    return [this](int fd) { return wait_for_room(fd); };
  }

  Result<void> run(Nanoseconds interval, std::optional<Nanoseconds> length,
                   const std::function<void()>& tick);

 private:
  EventLoop(sys::SignalFd signals, sys::Poller poller)
      : signals_(std::move(signals)), poller_(std::move(poller)) {}
  [[nodiscard]] bool wait_for_room(int fd);
  void read_signals();
  void deliver_signals();

  sys::SignalFd signals_;
  sys::Poller poller_;
  std::function<void(int)> on_signal_;
  std::vector<int> undelivered_;
  std::optional<Nanoseconds> finishing_since_;  // boot time
  std::optional<Nanoseconds> new_interval_;
  bool abandoned_ = false;
};

}  // namespace cgtally::monitor
