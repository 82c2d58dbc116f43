// SPDX-License-Identifier: Apache-2.0
#include "adapters/netlink/default_route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

// The route's device or, with several next hops, the first one's; 0: the route has none.
int device_of(const Attributes<RTA_TABLE>& attributes) {
  if (const auto device = attributes.value<std::int32_t>(RTA_OIF)) return *device;
  const auto hop = attributes.value<rtnexthop>(RTA_MULTIPATH);
  return hop ? hop->rtnh_ifindex : 0;
}

Result<std::vector<DefaultRoute>> default_routes(std::uint8_t family) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  rtmsg header{};
  header.rtm_family = family;
  return socket->dump<DefaultRoute>("list routes", Request(RTM_GETROUTE, header), default_route_in);
}

}  // namespace

std::optional<DefaultRoute> default_route_in(nlmsghdr& message) {
  const auto header = header_of<rtmsg>(message);
  if (!header || message.nlmsg_type != RTM_NEWROUTE) return std::nullopt;
  const bool usable = header->rtm_type == RTN_UNICAST && header->rtm_dst_len == 0 &&
                      (header->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD)) == 0;
  if (!usable) return std::nullopt;
  const Attributes<RTA_TABLE> attributes(message, sizeof(*header));
  const auto table = attributes.value<std::uint32_t>(RTA_TABLE).value_or(header->rtm_table);
  const int device = device_of(attributes);
  if (table != RT_TABLE_MAIN || device == 0) return std::nullopt;
  return DefaultRoute{.metric = attributes.value<std::uint32_t>(RTA_PRIORITY).value_or(0),
                      .ifindex = device};
}

Result<std::string> default_route_device() {
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    const auto routes = default_routes(family);
    if (!routes) return std::unexpected(routes.error());
    if (routes->empty()) continue;
    const auto best = std::ranges::min_element(*routes, {}, &DefaultRoute::metric);
    std::array<char, IF_NAMESIZE> name{};
    if (if_indextoname(static_cast<unsigned>(best->ifindex), name.data())) return name.data();
    return std::unexpected(sys::error_from(errno, "name the default route's interface"));
  }
  return std::unexpected(Error{.what = "there is no default route",
                               .hint = "name an interface with --iface",
                               .code = ENETUNREACH});
}

}  // namespace cgtally::netlink
