// SPDX-License-Identifier: Apache-2.0
// The counters of a device's driver, with which the coverage of our hooks is measured. The driver
// counts received packets before XDP and tc, and sent ones after the queue. A virtual device counts
// a super-packet as one; some hardware counts padding and the FCS (core/health/coverage.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/traffic.h"

namespace cgtally::netlink {

enum class XdpMode : std::uint8_t { native, generic, offloaded };

struct XdpProgram {
  XdpMode mode = XdpMode::native;
  std::uint32_t program_id = 0;
};

struct DeviceCounters {
  Traffic carried;
  Packets rx_dropped;  // because a buffer was full, or by generic XDP
  Packets tx_dropped;
  bool running = true;          // it has a carrier
  std::vector<XdpProgram> xdp;  // each runs before tc
};

// In the calling thread's netns.
[[nodiscard]] Result<DeviceCounters> device_counters(int ifindex);
// Of each of them, in their order, by one socket.
[[nodiscard]] std::vector<Result<DeviceCounters>> device_counters(std::span<const int> ifindexes);

}  // namespace cgtally::netlink
