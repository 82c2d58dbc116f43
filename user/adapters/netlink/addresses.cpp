// SPDX-License-Identifier: Apache-2.0
// The kernel delivers locally: packets to an address, to the broadcast address configured with it,
// and to the last address of its subnet, configured or not (for prefixes shorter than 31 bits).
#include "adapters/netlink/addresses.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"

namespace cgtally::netlink {
namespace {

IpAddress mapped(in_addr_t address) {
  IpAddress result;
  result.bytes[10] = result.bytes[11] = 0xff;
  std::memcpy(&result.bytes[12], &address, sizeof(address));
  return result;
}

// The address of this end: IFA_LOCAL or, if that is missing, IFA_ADDRESS. With IFA_LOCAL present,
// IFA_ADDRESS is the peer's.
template <typename T>
std::optional<T> own(const Attributes<IFA_BROADCAST>& attributes) {
  const auto local = attributes.value<T>(IFA_LOCAL);
  return local ? local : attributes.value<T>(IFA_ADDRESS);
}

Addresses parse_v4(const Attributes<IFA_BROADCAST>& attributes, unsigned prefix_length) {
  Addresses all;
  const auto local = own<in_addr_t>(attributes);
  if (!local) return all;
  all.push_back(mapped(*local));
  if (const auto broadcast = attributes.value<in_addr_t>(IFA_BROADCAST)) {
    all.push_back(mapped(*broadcast));
  }
  const auto peer = attributes.value<in_addr_t>(IFA_ADDRESS).value_or(*local);
  if (prefix_length < 31) all.push_back(mapped(peer | htonl(0xffff'ffffU >> prefix_length)));
  return all;
}

}  // namespace

std::optional<Addresses> addresses_in(nlmsghdr& message) {
  const auto header = header_of<ifaddrmsg>(message);
  if (!header || message.nlmsg_type != RTM_NEWADDR) return std::nullopt;
  const Attributes<IFA_BROADCAST> attributes(message, sizeof(*header));
  if (header->ifa_family == AF_INET) return parse_v4(attributes, header->ifa_prefixlen);
  if (header->ifa_family != AF_INET6) return std::nullopt;
  const auto address = own<IpAddress>(attributes);
  return address ? std::optional(Addresses{*address}) : std::nullopt;
}

Result<Addresses> list_addresses() {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  auto parsed =
      socket->dump<Addresses>("list addresses", Request(RTM_GETADDR, ifaddrmsg{}), addresses_in);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  Addresses all;
  for (const Addresses& some : *parsed) all.insert(all.end(), some.begin(), some.end());
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

}  // namespace cgtally::netlink
