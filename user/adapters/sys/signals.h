// SPDX-License-Identifier: Apache-2.0
// Signals as a descriptor to poll.
#pragma once

#include <initializer_list>
#include <optional>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::sys {

// A set of signals that this process reads instead of being interrupted by them; used by the event
// loop. open() blocks the signals, so that none ends the process between an attach and its detach:
// open before you start threads or attach anything. The destructor does not unblock them, because a
// second Ctrl-C must not cut off the summary.
class SignalFd {
 public:
  static Result<SignalFd> open(std::initializer_list<int> signals);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next pending signal; never blocks.
  [[nodiscard]] std::optional<int> read_signal();

 private:
  explicit SignalFd(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace cgtally::sys
