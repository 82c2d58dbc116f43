// SPDX-License-Identifier: Apache-2.0
// The speed of an interface's link, as its driver reports it. Virtual devices report made-up
// speeds, and many virtual NICs report none: trust only an uplink's.
#pragma once

#include <optional>

#include "core/base/units.h"

namespace cgtally::ethtool {

// For an interface of the calling thread's netns; none if the driver does not know.
[[nodiscard]] std::optional<BitRate> link_speed(int ifindex);

}  // namespace cgtally::ethtool
