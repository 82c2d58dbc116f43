// SPDX-License-Identifier: Apache-2.0
// How fast an interface's link is, by its driver's word. Virtual devices make one up, and many
// virtual NICs say nothing: only that of an uplink is to be believed, where there is one.
#pragma once

#include <optional>

#include "core/base/units.h"

namespace cgtally::ethtool {

// Of an interface of the calling thread's netns; none where the driver does not know.
[[nodiscard]] std::optional<BitRate> link_speed(int ifindex);

}  // namespace cgtally::ethtool
