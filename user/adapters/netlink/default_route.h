// SPDX-License-Identifier: Apache-2.0
// The device of the default route. Reads the main routing table; does not follow rules that send
// some traffic to other tables.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::netlink {

// The device through which the calling thread's netns reaches the Internet: the IPv4 route of the
// lowest metric or, without one, the IPv6 route. ENETUNREACH: there is no default route.
[[nodiscard]] Result<std::string> default_route_device();

}  // namespace cgtally::netlink
