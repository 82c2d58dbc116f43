// SPDX-License-Identifier: Apache-2.0
#include "adapters/netlink/peers/peer_messages.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "adapters/netlink/message.h"

namespace cgtally::netlink {
namespace {

constexpr int kMostLink = IFLA_TARGET_NETNSID;
constexpr int kMostAddress = IFA_TARGET_NETNSID;

bool is_link(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWLINK || message.nlmsg_type == RTM_DELLINK;
}

bool is_address(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWADDR || message.nlmsg_type == RTM_DELADDR;
}

// IFA_LOCAL or, if that is missing, IFA_ADDRESS: otherwise that is the other end's.
template <typename T>
std::optional<T> own_address(const Attributes<kMostAddress>& attributes) {
  const auto local = attributes.value<T>(IFA_LOCAL);
  return local ? local : attributes.value<T>(IFA_ADDRESS);
}

}  // namespace

std::optional<LinkedDevice> linked_device_in(nlmsghdr& message) {
  const auto header = header_of<ifinfomsg>(message);
  // A bridge tells of its ports in messages of its own family, without all of their attributes.
  if (!header || !is_link(message) || header->ifi_family != AF_UNSPEC) return std::nullopt;
  const Attributes<kMostLink> attributes(message, sizeof(*header));
  LinkedDevice device;
  device.ifindex = header->ifi_index;
  device.name = attributes.text(IFLA_IFNAME);
  device.kind = Attributes<IFLA_INFO_KIND>(attributes[IFLA_LINKINFO]).text(IFLA_INFO_KIND);
  device.link = attributes.value<int>(IFLA_LINK).value_or(0);
  device.link_nsid = attributes.value<int>(IFLA_LINK_NETNSID);
  device.master = attributes.value<int>(IFLA_MASTER).value_or(0);
  return device;
}

std::optional<DeviceAddress> device_address_in(nlmsghdr& message) {
  const auto header = header_of<ifaddrmsg>(message);
  if (!header || !is_address(message)) return std::nullopt;
  const Attributes<kMostAddress> attributes(message, sizeof(*header));
  DeviceAddress found{.ifindex = static_cast<int>(header->ifa_index), .address = {}};
  if (header->ifa_family == AF_INET) {
    const auto v4 = own_address<in_addr_t>(attributes);
    if (!v4) return std::nullopt;
    found.address.bytes[10] = found.address.bytes[11] = 0xff;
    std::memcpy(&found.address.bytes[12], &*v4, sizeof(*v4));
    return found;
  }
  const auto v6 =
      header->ifa_family == AF_INET6 ? own_address<IpAddress>(attributes) : std::nullopt;
  if (!v6) return std::nullopt;
  found.address = *v6;
  return found;
}

std::optional<int> target_of_link(nlmsghdr& message) {
  return Attributes<kMostLink>(message, sizeof(ifinfomsg)).value<int>(IFLA_TARGET_NETNSID);
}

std::optional<int> target_of_address(nlmsghdr& message) {
  return Attributes<kMostAddress>(message, sizeof(ifaddrmsg)).value<int>(IFA_TARGET_NETNSID);
}

std::optional<int> nsid_in(nlmsghdr& message) {
  if (message.nlmsg_type != RTM_NEWNSID && message.nlmsg_type != RTM_DELNSID) return std::nullopt;
  const auto id =
      Attributes<NETNSA_MAX>(message, sizeof(rtgenmsg)).value<int>(NETNSA_NSID).value_or(-1);
  return id < 0 ? std::nullopt : std::optional(id);
}

}  // namespace cgtally::netlink
