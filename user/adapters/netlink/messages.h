// SPDX-License-Identifier: Apache-2.0
// What single messages of netlink's answers say. Each function reads one message and trusts no
// length in it; empty: it is no message of that kind, not whole, or tells nothing that is wanted.
// For this folder and for tests.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/netlink/device_counters.h"
#include "adapters/netlink/filters.h"
#include "adapters/netlink/inet_diag.h"
#include "adapters/netlink/nft_chains.h"
#include "adapters/netlink/qdisc.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::netlink {

using Addresses = std::vector<IpAddress>;
using RootQdisc = std::pair<int, QdiscStats>;  // with its ifindex

struct DefaultRoute {
  std::uint32_t metric;
  int ifindex;
};

[[nodiscard]] std::optional<Interface> interface_in(nlmsghdr& message);  // without its driver
[[nodiscard]] std::optional<Addresses> addresses_in(nlmsghdr& message);
[[nodiscard]] std::optional<DefaultRoute> default_route_in(nlmsghdr& message);
[[nodiscard]] std::optional<DeviceCounters> counters_in(nlmsghdr& message);
[[nodiscard]] std::optional<Filter> filter_in(nlmsghdr& message);
[[nodiscard]] std::optional<NftChain> chain_in(nlmsghdr& message);
[[nodiscard]] std::optional<RootQdisc> root_qdisc_in(nlmsghdr& message);
[[nodiscard]] std::optional<TcpSocketFacts> tcp_socket_in(nlmsghdr& message);

}  // namespace cgtally::netlink
