// SPDX-License-Identifier: Apache-2.0
// The interfaces of the calling thread's netns, as netlink tells them. Reads nothing below /sys,
// which shows the netns that it was mounted in, not the one that the thread has entered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netlink {

// By ifindex. One that vanishes while they are listed is left out.
[[nodiscard]] Result<std::vector<Interface>> list_links();

// Where a packet to the wide world leaves, by the main routing table: IPv4 first, then IPv6; the
// lowest metric wins.
[[nodiscard]] Result<std::string> default_route_device();

}  // namespace cgtally::netlink
