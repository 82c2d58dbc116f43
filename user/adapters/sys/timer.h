// SPDX-License-Identifier: Apache-2.0
// A tick at fixed distances on CLOCK_BOOTTIME. Deadlines are absolute: work between ticks does not
// shift the next one, and after a suspend the ticks that were missed are told by their number.
#pragma once

#include <cstdint>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::sys {

class Timer {
 public:
  // The first tick comes one interval from now. The interval must be positive.
  static Result<Timer> every(Nanoseconds interval);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // How many ticks have passed since the last take(); never blocks.
  std::uint64_t take();

 private:
  explicit Timer(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace cgtally::sys
