// SPDX-License-Identifier: Apache-2.0
// Reads links and addresses with the netns that they are in, from lists and from news. For this
// folder only.
#pragma once

#include <linux/netlink.h>

#include <optional>

#include "core/endpoints/endpoints.h"

namespace cgtally::netlink {

// Empty: no message of that kind (RTM_NEWLINK, RTM_DELLINK; RTM_NEWADDR, RTM_DELADDR), or not
// whole.
[[nodiscard]] std::optional<LinkedDevice> linked_device_in(nlmsghdr& message);
[[nodiscard]] std::optional<DeviceAddress> device_address_in(nlmsghdr& message);
// In the answer to a request about another netns: its id.
[[nodiscard]] std::optional<int> target_of_link(nlmsghdr& message);
[[nodiscard]] std::optional<int> target_of_address(nlmsghdr& message);
// Of RTM_NEWNSID and RTM_DELNSID; empty: none, which the kernel writes as -1.
[[nodiscard]] std::optional<int> nsid_in(nlmsghdr& message);

}  // namespace cgtally::netlink
