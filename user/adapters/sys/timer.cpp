// SPDX-License-Identifier: Apache-2.0
// The kernel rearms a timerfd from its last deadline, not from the time of the read.
#include "adapters/sys/timer.h"

#include <sys/timerfd.h>

#include <cerrno>

#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::sys {
namespace {

timespec to_timespec(Nanoseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  return timespec{.tv_sec = whole.count(), .tv_nsec = (time - whole).count()};
}

}  // namespace

Result<Timer> Timer::every(Nanoseconds interval) {
  if (interval <= Nanoseconds::zero()) {
    return std::unexpected(error_from(EINVAL, "start a timer"));
  }
  Fd fd(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd) return std::unexpected(error_from(errno, "create a timer"));
  const itimerspec times{.it_interval = to_timespec(interval),
                         .it_value = to_timespec(now().boot + interval)};
  if (timerfd_settime(fd.get(), TFD_TIMER_ABSTIME, &times, nullptr) != 0) {
    return std::unexpected(error_from(errno, "start a timer"));
  }
  return Timer(std::move(fd));
}

std::uint64_t Timer::read_expirations() {
  std::uint64_t ticks = 0;
  if (::read(fd_.get(), &ticks, sizeof(ticks)) != ssize_t{sizeof(ticks)}) return 0;
  return ticks;
}

}  // namespace cgtally::sys
