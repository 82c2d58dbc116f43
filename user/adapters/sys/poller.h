// SPDX-License-Identifier: Apache-2.0
// Waits for several descriptors and calls back for those that can be read: the core of the event
// loop. A callback may add and remove descriptors, including its own; a removed one is not called
// again, even if its event was already fetched.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::sys {

enum class Readiness : std::uint8_t { readable, exceptional };

// A set of descriptors, each with a callback; used by the event loop and by everything that it
// drives. Does not own the descriptors: remove() one before you close it.
class Poller {
 public:
  static Result<Poller> open();

  // Calls back if `fd` is readable, hung up or failed: the read that follows tells which. An
  // exceptional condition is how files in /proc report that they have changed.
  Result<void> add(int fd, std::function<void()> on_ready,
                   Readiness readiness = Readiness::readable);
  Result<void> remove(int fd);
  // Waits for the next events, without a limit for ever, and calls back. False: the time is up.
  Result<bool> wait(std::optional<Nanoseconds> limit);

 private:
  struct Watched {
    int fd;
    std::function<void()> on_ready;
  };

  explicit Poller(Fd epoll) : epoll_(std::move(epoll)) {}
  void dispatch(std::uint64_t id);

  Fd epoll_;
  std::map<std::uint64_t, Watched> watched_;  // by an id that is never reused, as an fd number is
  std::uint64_t next_id_ = 1;
};

}  // namespace cgtally::sys
