// SPDX-License-Identifier: Apache-2.0
// Devices with the other ends of their links, and the devices and addresses of other network
// namespaces, by the ids (nsid) that those have in the calling thread's netns. Enters none of them.
// Needs CAP_NET_ADMIN in the other netns.
#pragma once

#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/endpoints/endpoints.h"

namespace cgtally::netlink {

// Of the calling thread's netns or of the one that has the id `nsid` in it. A netns that a device
// leads to gets an id by this, if it has none.
[[nodiscard]] Result<std::vector<LinkedDevice>> list_linked_devices(std::optional<int> nsid = {});
// Unicast addresses of both families. Needs Linux 4.20 for another netns.
[[nodiscard]] Result<std::vector<DeviceAddress>> list_device_addresses(
    std::optional<int> nsid = {});

// The id of a netns, by a descriptor of it (/proc/PID/ns/net); empty: it has none.
[[nodiscard]] Result<std::optional<int>> find_nsid(int netns_fd);
// The same; gives it an id if it has none.
[[nodiscard]] Result<int> find_or_assign_nsid(int netns_fd);
// All ids of other netns.
[[nodiscard]] Result<std::vector<int>> list_nsids();

}  // namespace cgtally::netlink
