// SPDX-License-Identifier: Apache-2.0
// The addresses that mean "this netns" on an incoming packet.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netlink {

// Every unicast address of the calling thread's netns and the broadcast addresses of its IPv4
// subnets; sorted, each once.
[[nodiscard]] Result<std::vector<IpAddress>> list_addresses();

}  // namespace cgtally::netlink
