// SPDX-License-Identifier: Apache-2.0
// SocketLook: whether the sockets of a netns have to be dumped again. A dump walks the kernel's
// table for the whole machine, also for a netns without any connection, while the number of its TCP
// sockets (listeners included) costs next to nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/units.h"

namespace cgtally {

// The TCP collector has one for each netns. A netns with connections is due each time. One in which
// a dump found none is due when its number of sockets has changed, and now and then nevertheless,
// ever more seldom: a listener may have gone and a connection come. Without any socket none is due.
class SocketLook {
 public:
  static constexpr Nanoseconds kLeastRest = std::chrono::seconds{2};
  static constexpr Nanoseconds kLongestRest = std::chrono::minutes{1};

  // `in_use`: the number of TCP sockets now; empty: not known.
  [[nodiscard]] bool due(const std::optional<std::uint64_t>& in_use, Nanoseconds now) const {
    if (in_use == 0U) return false;
    return !empty_ || !in_use || in_use != in_use_ || now >= rest_until_;
  }
  // After a dump; `in_use` was read before it. `connections`: the number that it found. Also where
  // no dump was needed because there is no socket.
  void looked(const std::optional<std::uint64_t>& in_use, std::uint64_t connections,
              Nanoseconds now) {
    const bool same = empty_ && connections == 0 && in_use && in_use == in_use_;
    rest_ = same ? std::min(rest_ * 2, kLongestRest) : kLeastRest;
    rest_until_ = now + rest_;
    empty_ = connections == 0;
    in_use_ = in_use;
  }

 private:
  bool empty_ = false;  // the last dump found no connection
  std::optional<std::uint64_t> in_use_;
  Nanoseconds rest_{};
  Nanoseconds rest_until_{};
};

}  // namespace cgtally
