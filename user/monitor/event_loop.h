// SPDX-License-Identifier: Apache-2.0
// The rhythm of a counting command: a round at each interval and a last one at the end, whatever
// ends it: the time asked for, Ctrl-C, SIGTERM, or the command itself. Never two rounds for one
// deadline. A write that waits for its reader ends with the counting too: Ctrl-C must always work.
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

class EventLoop {
 public:
  // Blocks the signals: make it before anything is attached.
  static Result<EventLoop> open();

  [[nodiscard]] sys::Poller& poller() { return poller_; }
  // Called for signals that do not end the program: SIGWINCH, SIGTSTP.
  void on_signal(std::function<void(int)> callback) { on_signal_ = std::move(callback); }
  // After the round or callback that runs: no more rounds, not even a last one.
  void abandon() { abandoned_ = true; }
  // The user has asked for the end: one last round.
  void finish();
  // For writes: waits for room until a second after the end was asked for.
  [[nodiscard]] sys::WaitForRoom waiting() {
    return [this](int fd) { return wait_for_room(fd); };
  }

  Result<void> run(Nanoseconds interval, std::optional<Nanoseconds> length,
                   const std::function<void()>& round);

 private:
  EventLoop(sys::SignalFd signals, sys::Poller poller)
      : signals_(std::move(signals)), poller_(std::move(poller)) {}
  [[nodiscard]] bool wait_for_room(int fd);
  void take_signals();
  void hand_on_signals();

  sys::SignalFd signals_;
  sys::Poller poller_;
  std::function<void(int)> on_signal_;
  std::vector<int> to_hand_on_;
  std::optional<Nanoseconds> finishing_since_;  // boot time
  bool abandoned_ = false;
};

}  // namespace cgtally::monitor
