// SPDX-License-Identifier: Apache-2.0
// What a device itself says that it carried: the measure for what our hooks saw. Counted by the
// driver, before XDP and tc on the way in and behind the queue on the way out. A virtual device
// counts a super-packet as one; some hardware counts padding and the FCS (core/coverage.h).
#pragma once

#include <cstdint>
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
  Packets rx_dropped;  // for want of room, or by generic XDP
  Packets tx_dropped;
  std::vector<XdpProgram> xdp;  // each sees packets before tc does
};

// In the calling thread's netns.
[[nodiscard]] Result<DeviceCounters> device_counters(int ifindex);

}  // namespace cgtally::netlink
