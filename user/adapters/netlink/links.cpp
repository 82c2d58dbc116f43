// SPDX-License-Identifier: Apache-2.0
// Virtual devices have a kind in netlink's answer. The driver of the others comes from ethtool's
// ioctl, which works in the netns of its socket.
#include "adapters/netlink/links.h"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/netns/netns.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::netlink {
namespace {

// False: the device has vanished since it was listed. The driver stays empty if it cannot be read.
bool ask_driver(int socket, Interface& link) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  link.name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&info);
  if (ioctl(socket, SIOCETHTOOL, &request) != 0) return errno != ENODEV;
  link.driver.assign(info.driver, strnlen(info.driver, sizeof(info.driver)));
  return true;
}

}  // namespace

std::optional<Interface> interface_in(nlmsghdr& message) {
  const auto header = header_of<ifinfomsg>(message);
  if (!header || message.nlmsg_type != RTM_NEWLINK) return std::nullopt;
  const Attributes<IFLA_LINKINFO> attributes(message, sizeof(*header));
  Interface link;
  link.ifindex = header->ifi_index;
  link.name = attributes.text(IFLA_IFNAME);
  link.kind = Attributes<IFLA_INFO_KIND>(attributes[IFLA_LINKINFO]).text(IFLA_INFO_KIND);
  link.up = (header->ifi_flags & IFF_UP) != 0;
  link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
  link.ethernet = header->ifi_type == ARPHRD_ETHER || header->ifi_type == ARPHRD_LOOPBACK;
  return link;
}

Result<std::vector<Interface>> list_links() {
  const auto here = netns::id_here();
  if (!here) return std::unexpected(here.error());
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  auto request = Request(RTM_GETLINK, ifinfomsg{});
  request.with(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  auto links = socket->dump<Interface>("list interfaces", request, interface_in);
  if (!links) return links;

  const sys::Fd ethtool(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!ethtool) return std::unexpected(sys::error_from(errno, "open a socket for ethtool"));
  std::erase_if(*links, [&](Interface& link) {
    link.netns_id = *here;
    const bool bound = link.kind.empty() && !link.loopback;
    return bound && !ask_driver(ethtool.get(), link);
  });
  std::ranges::sort(*links, {}, &Interface::ifindex);
  return links;
}

}  // namespace cgtally::netlink
