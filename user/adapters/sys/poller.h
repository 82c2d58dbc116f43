// SPDX-License-Identifier: Apache-2.0
// Waits for several descriptors and calls back for those that can be read. A callback may add and
// remove descriptors, its own too; one that was removed is not called any more, not even when its
// event was already fetched. Owns no descriptor but its own: remove() before you close.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::sys {

class Poller {
 public:
  static Result<Poller> open();

  // Readable, hung up and failed all call back: the read that follows tells which.
  Result<void> add(int fd, std::function<void()> on_ready);
  Result<void> remove(int fd);
  // Waits for the first events (for ever without a limit) and calls back. False: the time is up.
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
