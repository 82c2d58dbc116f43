// SPDX-License-Identifier: Apache-2.0
// The rhythm of a counting command: a round at each interval and a last one at the end, whatever
// ends it: the time asked for, Ctrl-C, SIGTERM, or the command itself. Never two rounds for one
// deadline.
#pragma once

#include <functional>
#include <optional>

#include "adapters/sys/poller.h"
#include "adapters/sys/signals.h"
#include "adapters/sys/timer.h"
#include "core/result.h"
#include "core/units.h"

namespace cgtally::cli {

class Rounds {
 public:
  // Blocks the signals: make it before anything is attached.
  static Result<Rounds> open();

  [[nodiscard]] sys::Poller& poller() { return poller_; }
  // Called for signals that do not end the program: SIGWINCH, SIGTSTP.
  void on_signal(std::function<void(int)> callback) { on_signal_ = std::move(callback); }
  // After the round or callback that runs: no more rounds, not even a last one.
  void abandon() { abandoned_ = true; }
  // The user has asked for the end: one last round.
  void finish() { finishing_ = true; }

  Result<void> run(Nanoseconds interval, std::optional<Nanoseconds> length,
                   const std::function<void()>& round);

 private:
  Rounds(sys::SignalFd signals, sys::Poller poller)
      : signals_(std::move(signals)), poller_(std::move(poller)) {}
  void take_signals();

  sys::SignalFd signals_;
  sys::Poller poller_;
  std::function<void(int)> on_signal_;
  bool finishing_ = false;
  bool abandoned_ = false;
};

}  // namespace cgtally::cli
