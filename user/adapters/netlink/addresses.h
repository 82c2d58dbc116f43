// SPDX-License-Identifier: Apache-2.0
// The destination addresses that make the kernel deliver a packet in this netns.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netlink {

// All unicast addresses of the calling thread's netns and the broadcast addresses of its IPv4
// subnets; sorted, without repetitions.
[[nodiscard]] Result<std::vector<IpAddress>> list_addresses();

}  // namespace cgtally::netlink
