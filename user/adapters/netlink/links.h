// SPDX-License-Identifier: Apache-2.0
// The interfaces of the calling thread's netns. Reads netlink and nothing below /sys, because /sys
// shows the netns in which it was mounted, not the one that the thread has entered.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netlink {

// Sorted by ifindex, without interfaces that vanish while they are listed.
[[nodiscard]] Result<std::vector<Interface>> list_links();

}  // namespace cgtally::netlink
