// SPDX-License-Identifier: Apache-2.0
// Reads only the type of a notification, so that a long one may be cut off by the buffer.
#include "adapters/netlink/watcher.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "adapters/netlink/socket.h"

namespace cgtally::netlink {
namespace {

constexpr int kReceiveBufferBytes = 1 << 20;  // some hundred interfaces at once

void add_change(std::uint16_t type, Changes& changes) {
  if (type == RTM_NEWLINK || type == RTM_DELLINK) changes.links = true;
  if (type == RTM_NEWADDR || type == RTM_DELADDR) changes.addresses = true;
  if (type == RTM_NEWTFILTER || type == RTM_DELTFILTER) changes.filters = true;
  if (type == RTM_NEWROUTE || type == RTM_DELROUTE) changes.routes = true;
  if (type == RTM_NEWQDISC || type == RTM_DELQDISC) changes.filters = true;
}

}  // namespace

Watcher::Watcher(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

Result<Watcher> Watcher::open() {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  auto joined = socket->join({RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_TC},
                             kReceiveBufferBytes);
  if (!joined) return std::unexpected(std::move(joined).error());
  return Watcher(std::make_unique<Socket>(*std::move(socket)));
}

Result<void> Watcher::follow_routes(bool follow) {
  if (follow) return socket_->join({RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE}, kReceiveBufferBytes);
  socket_->leave({RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE});
  return {};
}

int Watcher::fd() const { return socket_->fd(); }

Changes Watcher::read_changes() {
  Changes changes;
  alignas(nlmsghdr) std::array<char, 32'768> buffer;
  while (true) {
    const ssize_t received = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) return changes;
    // After an overrun (ENOBUFS) the queued notifications are still there; the next call reads
    // them.
    if (received < 0) return {.links = true, .addresses = true, .filters = true, .routes = true};
    auto* message = reinterpret_cast<nlmsghdr*>(buffer.data());
    int left = static_cast<int>(received);
    for (; nlmsg_ok(message, left) != 0; message = nlmsg_next(message, &left)) {
      add_change(message->nlmsg_type, changes);
    }
  }
}

}  // namespace cgtally::netlink
