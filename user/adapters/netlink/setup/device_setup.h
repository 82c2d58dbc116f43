// SPDX-License-Identifier: Apache-2.0
// Makes network devices and configures them, in the calling thread's netns: for namespaces that
// cgtally made itself. Nothing here is ever called in a netns of the user's.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace cgtally::netlink {

// Two ends of a virtual cable: one here, the other in the netns that `peer_netns_fd` holds.
struct VethPair {
  std::string name;
  std::string peer;
  int peer_netns_fd = -1;
};
Result<void> make_veth(const VethPair& pair);
// Frames with the tag `id`, over the device `parent`.
Result<void> make_vlan(const std::string& name, const std::string& parent, std::uint16_t id);
Result<void> bring_up(const std::string& device);

// An address of either family, usable at once: no other host can have it.
Result<void> add_address(const std::string& device, const std::string& address, int prefix_bits);
// IPv4; "0.0.0.0" with 0 bits is the default route.
Result<void> add_route(const std::string& network, int prefix_bits, const std::string& gateway);

// A queue at the device's root, first in, first out. Its counters have the frames that a
// super-packet will be cut into, as QdiscStats.
Result<void> put_queue(const std::string& device);

}  // namespace cgtally::netlink
