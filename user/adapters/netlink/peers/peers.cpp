// SPDX-License-Identifier: Apache-2.0
// A kernel that does not know how to list another netns lists the calling thread's instead. The
// answers say which netns they are about, so that this is noticed.
#include "adapters/netlink/peers/peers.h"

#include <fmt/core.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>

#include "adapters/netlink/peers/peer_messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

template <typename T>
struct InNetns {
  T one;
  std::optional<int> nsid;
};

template <typename T>
Result<std::vector<T>> only_of(const char* what, std::vector<InNetns<T>> all,
                               std::optional<int> nsid) {
  std::vector<T> found;
  for (InNetns<T>& each : all) {
    if (each.nsid != nsid) {
      return std::unexpected(sys::error_from(EOPNOTSUPP, fmt::format("{} of another netns", what),
                                             "take Linux 4.20 or later"));
    }
    found.push_back(std::move(each.one));
  }
  return found;
}

}  // namespace

Result<std::vector<LinkedDevice>> list_linked_devices(std::optional<int> nsid) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  Request request(RTM_GETLINK, ifinfomsg{});
  request.with(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  if (nsid) request.with(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*nsid));
  using Found = InNetns<LinkedDevice>;
  auto links = socket->dump<Found>("list interfaces", request, [](nlmsghdr& message) {
    auto device = linked_device_in(message);
    return device ? std::optional(Found{*std::move(device), target_of_link(message)})
                  : std::nullopt;
  });
  if (!links) return std::unexpected(std::move(links).error());
  return only_of("list interfaces", *std::move(links), nsid);
}

Result<std::vector<DeviceAddress>> list_device_addresses(std::optional<int> nsid) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  Request request(RTM_GETADDR, ifaddrmsg{});
  if (nsid) {
    if (auto strict = socket->be_strict(); !strict) return std::unexpected(strict.error());
    request.with(IFA_TARGET_NETNSID, static_cast<std::uint32_t>(*nsid));
  }
  using Found = InNetns<DeviceAddress>;
  auto addresses = socket->dump<Found>("list addresses", request, [](nlmsghdr& message) {
    const auto address = device_address_in(message);
    return address ? std::optional(Found{*address, target_of_address(message)}) : std::nullopt;
  });
  if (!addresses) return std::unexpected(std::move(addresses).error());
  return only_of("list addresses", *std::move(addresses), nsid);
}

Result<std::optional<int>> find_nsid(int netns_fd) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  Request request(RTM_GETNSID, rtgenmsg{}, 0);
  request.with(NETNSA_FD, static_cast<std::uint32_t>(netns_fd));
  const auto answer = socket->dump<int>("ask for the id of a netns", request, nsid_in);
  if (!answer) return std::unexpected(answer.error());
  return answer->empty() ? std::nullopt : std::optional(answer->front());
}

// Another process, or the kernel by itself, may be faster: then it has an id all the same.
Result<int> find_or_assign_nsid(int netns_fd) {
  auto known = find_nsid(netns_fd);
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  Request request(RTM_NEWNSID, rtgenmsg{}, 0);
  request.with(NETNSA_FD, static_cast<std::uint32_t>(netns_fd));
  request.with(NETNSA_NSID, static_cast<std::uint32_t>(-1));
  const auto assigned = socket->dump<int>("give a netns an id", request, nsid_in);
  if (!assigned && assigned.error().code != EEXIST) return std::unexpected(assigned.error());
  known = find_nsid(netns_fd);
  if (!known) return std::unexpected(known.error());
  if (*known) return **known;
  return std::unexpected(sys::error_from(ENOENT, "give a netns an id"));
}

Result<std::vector<int>> list_nsids() {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  return socket->dump<int>("list the ids of netns", Request(RTM_GETNSID, rtgenmsg{}), nsid_in);
}

}  // namespace cgtally::netlink
