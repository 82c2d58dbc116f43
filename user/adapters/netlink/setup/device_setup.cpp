// SPDX-License-Identifier: Apache-2.0
#include "adapters/netlink/setup/device_setup.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <array>
#include <cerrno>

#include "adapters/netlink/socket.h"
#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

constexpr int kMakeNew = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;

struct ParsedAddress {
  unsigned char family = AF_UNSPEC;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  [[nodiscard]] std::size_t size() const {
    return family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  }
};

Result<ParsedAddress> parse(const std::string& text) {
  ParsedAddress parsed;
  if (inet_pton(AF_INET, text.c_str(), parsed.bytes.data()) == 1) {
    parsed.family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), parsed.bytes.data()) == 1) {
    parsed.family = AF_INET6;
  } else {
    return std::unexpected(
        Error{.what = fmt::format("'{}' is not an IP address", text), .hint = {}});
  }
  return parsed;
}

Result<int> index_of(const std::string& device) {
  const unsigned index = ::if_nametoindex(device.c_str());
  if (index == 0) return std::unexpected(sys::error_from(errno, "find " + device));
  return static_cast<int>(index);
}

Result<void> change(const std::string& what, const Request& request) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  return socket->change(what, request);
}

}  // namespace

Result<void> make_veth(const VethPair& pair) {
  Request request(RTM_NEWLINK, ifinfomsg{}, kMakeNew);
  request.with(IFLA_IFNAME, pair.name).with_nested(IFLA_LINKINFO, [&](Request& info) {
    info.with(IFLA_INFO_KIND, std::string("veth"));
    info.with_nested(IFLA_INFO_DATA, [&](Request& data) {
      data.with_nested(VETH_INFO_PEER, [&](Request& peer) {
        peer.with_header(ifinfomsg{});
        peer.with(IFLA_IFNAME, pair.peer);
        peer.with(IFLA_NET_NS_FD, static_cast<std::uint32_t>(pair.peer_netns_fd));
      });
    });
  });
  return change(fmt::format("make the veth {}", pair.name), request);
}

Result<void> make_vlan(const std::string& name, const std::string& parent, std::uint16_t id) {
  const auto below = index_of(parent);
  if (!below) return std::unexpected(below.error());
  Request request(RTM_NEWLINK, ifinfomsg{}, kMakeNew);
  request.with(IFLA_IFNAME, name).with(IFLA_LINK, static_cast<std::uint32_t>(*below));
  request.with_nested(IFLA_LINKINFO, [&](Request& info) {
    info.with(IFLA_INFO_KIND, std::string("vlan"));
    info.with_nested(IFLA_INFO_DATA,
                     [&](Request& data) { data.with(IFLA_VLAN_ID, &id, sizeof(id)); });
  });
  return change(fmt::format("make the VLAN {}", name), request);
}

Result<void> bring_up(const std::string& device) {
  const auto index = index_of(device);
  if (!index) return std::unexpected(index.error());
  ifinfomsg link{};
  link.ifi_index = *index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  return change("set up " + device, Request(RTM_NEWLINK, link, NLM_F_ACK));
}

Result<void> add_address(const std::string& device, const std::string& address, int prefix_bits) {
  const auto index = index_of(device);
  if (!index) return std::unexpected(index.error());
  const auto parsed = parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  ifaddrmsg header{};
  header.ifa_family = parsed->family;
  header.ifa_prefixlen = static_cast<unsigned char>(prefix_bits);
  header.ifa_flags = IFA_F_NODAD;
  header.ifa_index = static_cast<unsigned>(*index);
  Request request(RTM_NEWADDR, header, kMakeNew);
  request.with(IFA_LOCAL, parsed->bytes.data(), parsed->size());
  request.with(IFA_ADDRESS, parsed->bytes.data(), parsed->size());
  return change(fmt::format("give {} an address", device), request);
}

Result<void> add_route(const std::string& network, int prefix_bits, const std::string& gateway) {
  const auto to = parse(network);
  const auto via = parse(gateway);
  if (!to) return std::unexpected(to.error());
  if (!via) return std::unexpected(via.error());
  rtmsg header{};
  header.rtm_family = to->family;
  header.rtm_dst_len = static_cast<unsigned char>(prefix_bits);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, header, kMakeNew);
  if (prefix_bits > 0) request.with(RTA_DST, to->bytes.data(), to->size());
  request.with(RTA_GATEWAY, via->bytes.data(), via->size());
  return change("add a route", request);
}

Result<void> put_queue(const std::string& device) {
  const auto index = index_of(device);
  if (!index) return std::unexpected(index.error());
  tcmsg header{};
  header.tcm_ifindex = *index;
  header.tcm_parent = TC_H_ROOT;
  Request request(RTM_NEWQDISC, header, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK);
  request.with(TCA_KIND, std::string("pfifo"));
  return change("put a queue at " + device, request);
}

}  // namespace cgtally::netlink
