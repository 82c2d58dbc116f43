// SPDX-License-Identifier: Apache-2.0
// A periodic timer on CLOCK_BOOTTIME, as a descriptor to poll.
#pragma once

#include <cstdint>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::sys {

// Expires at fixed distances, for the event loop. Deadlines are absolute: work between two of them
// does not shift the next, and after a suspend the missed ones are counted.
class Timer {
 public:
  // Expires first one interval from now. The interval must be positive.
  static Result<Timer> every(Nanoseconds interval);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The number of expirations since the last call; never blocks.
  std::uint64_t read_expirations();

 private:
  explicit Timer(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace cgtally::sys
