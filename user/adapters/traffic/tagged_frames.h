// SPDX-License-Identifier: Apache-2.0
// Frames with a VLAN tag, put onto a device as they are: also where the kernel has no VLAN devices.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.h"

namespace cgtally::traffic {

struct TaggedFrames {
  std::size_t count = 0;
  std::size_t bytes = 0;  // of each frame, with both headers and the tag
  std::uint16_t vlan = 0;
};

// Out by a device of the calling thread's netns. Nobody receives them: their type is one for
// experiments, and their address is that of no device.
Result<void> send_tagged(int ifindex, const TaggedFrames& frames);

}  // namespace cgtally::traffic
