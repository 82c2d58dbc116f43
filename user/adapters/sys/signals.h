// SPDX-License-Identifier: Apache-2.0
// Signals as something to poll. open() blocks them first, so that from then on none can end the
// process between an attach and its detach. They stay blocked when this object goes: a second
// Ctrl-C must not cut off the summary. Open it before any thread is started and anything is
// attached.
#pragma once

#include <initializer_list>
#include <optional>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::sys {

class SignalFd {
 public:
  static Result<SignalFd> open(std::initializer_list<int> signals);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next signal that waits; never blocks.
  [[nodiscard]] std::optional<int> take();

 private:
  explicit SignalFd(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace cgtally::sys
