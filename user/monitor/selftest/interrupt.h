// SPDX-License-Identifier: Apache-2.0
// Interrupt: Ctrl-C and SIGTERM for work that is done step by step.
#pragma once

#include <cerrno>
#include <csignal>
#include <utility>

#include "adapters/sys/signals.h"
#include "core/base/result.h"

namespace cgtally::monitor {

// Asked between two steps, so that what a step has made is removed in order. The self-test has one.
// Interrupts no system call: no step waits for longer than a few seconds.
class Interrupt {
 public:
  static Result<Interrupt> open() {
    auto signals = sys::SignalFd::open({SIGINT, SIGTERM, SIGHUP});
    if (!signals) return std::unexpected(signals.error());
    return Interrupt(std::move(*signals));
  }

  [[nodiscard]] bool came() {
    came_ = came_ || signals_.read_signal().has_value();
    return came_;
  }
  // An Error if it came.
  [[nodiscard]] Result<void> check() {
    if (!came()) return {};
    return std::unexpected(Error{.what = "interrupted: what the test had made is removed",
                                 .hint = "start it again for a result",
                                 .code = EINTR});
  }

 private:
  explicit Interrupt(sys::SignalFd signals) : signals_(std::move(signals)) {}
  sys::SignalFd signals_;
  bool came_ = false;
};

}  // namespace cgtally::monitor
