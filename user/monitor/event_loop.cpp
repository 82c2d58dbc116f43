// SPDX-License-Identifier: Apache-2.0
#include "monitor/event_loop.h"

#include <algorithm>
#include <csignal>

#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

constexpr Nanoseconds kPatience = std::chrono::seconds{1};

}  // namespace

Result<EventLoop> EventLoop::open() {
  // SIGPIPE is only blocked: a write to a closed pipe then says EPIPE.
  auto signals =
      sys::SignalFd::open({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGTSTP});
  if (!signals) {
    return std::unexpected(signals.error());
  }
  auto poller = sys::Poller::open();
  if (!poller) {
    return std::unexpected(poller.error());
  }
  return EventLoop(std::move(*signals), std::move(*poller));
}

void EventLoop::finish() { finishing_since_ = finishing_since_.value_or(sys::now().boot); }

bool EventLoop::asked_to_end() {
  read_signals();
  return finishing_since_.has_value();
}

bool EventLoop::wait_for_room(int fd) {
  while (!finishing_since_) {
    if (sys::wait_writable(fd, signals_.fd(), std::nullopt)) {
      return true;
    }
    read_signals();
  }
  return sys::wait_writable(fd, -1, *finishing_since_ + kPatience - sys::now().boot);
}

void EventLoop::read_signals() {
  while (const auto signal = signals_.read_signal()) {
    switch (*signal) {
      case SIGINT:
      case SIGTERM:
      case SIGHUP:
      case SIGQUIT:
        finish();
        break;
      case SIGTSTP:
        if (!on_signal_) {
          ::raise(SIGSTOP);
        }
        [[fallthrough]];
      case SIGWINCH:
        undelivered_.push_back(*signal);
        break;
      default:
        break;
    }
  }
}

// Not where they are read: that may be within a write, and the callback writes, too.
void EventLoop::deliver_signals() {
  for (const int signal : std::exchange(undelivered_, {})) {
    if (on_signal_) {
      on_signal_(signal);
    }
  }
}

Result<void> EventLoop::run(Nanoseconds interval, std::optional<Nanoseconds> length,
                            const std::function<void()>& tick) {
  std::optional<sys::Timer> timer;
  bool due = false;
  const auto start_timer = [&](Nanoseconds every) -> Result<void> {
    auto started = sys::Timer::every(every);
    if (!started) return std::unexpected(started.error());
    if (timer) {
      if (auto removed = poller_.remove(timer->fd()); !removed) return removed;
    }
    timer.emplace(*std::move(started));
    interval = every;
    return poller_.add(timer->fd(), [&] { due = timer->read_expirations() > 0; });
  };
  const Nanoseconds begin = sys::now().boot;
  const auto left = [&] { return *length - (sys::now().boot - begin); };
  if (auto added = poller_.add(signals_.fd(), [this] { read_signals(); }); !added) return added;
  if (auto started = start_timer(interval); !started) return started;
  while (!finishing_since_ && !abandoned_ && (!length || left() > Nanoseconds::zero())) {
    if (const auto other = std::exchange(new_interval_, std::nullopt)) {
      if (auto started = start_timer(*other); !started) return started;
    }
    auto waited = poller_.wait(length ? std::optional(left()) : std::nullopt);
    if (!waited) return std::unexpected(waited.error());
    // A deadline this close to the end belongs to the last tick.
    const Nanoseconds close = interval / 20;
    if (std::exchange(due, false) && !finishing_since_ && (!length || left() > close)) tick();
    deliver_signals();
  }
  if (!abandoned_) tick();
  if (auto removed = poller_.remove(timer->fd()); !removed) return removed;
  return poller_.remove(signals_.fd());
}

}  // namespace cgtally::monitor
