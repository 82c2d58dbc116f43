// SPDX-License-Identifier: Apache-2.0
// UDP for the benchmark in place: as fast as the sender can, from one socket or from each of many
// in turn, or at an even rate. Both ends go on until they are killed; the interface's own counters
// tell how much passed.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace cgtally::bench {

struct UdpTarget {
  std::string address;
  std::uint16_t port = 0;
};

// A packet of 64 bytes from each of `flows` sockets in turn; `per_second` 0: without a pause.
// Returns only on failure.
Result<void> send_udp(const UdpTarget& to, unsigned flows, unsigned per_second);

// Takes packets and drops them, or answers each. Prints "ready" once it does. Returns only on
// failure.
Result<void> receive_udp(const UdpTarget& at, bool answer);

}  // namespace cgtally::bench
