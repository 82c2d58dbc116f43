// SPDX-License-Identifier: Apache-2.0
// The kernel says beside each message which netns it comes from, by the id that this has in the
// netns of the socket.
#include "adapters/netlink/peers/netns_news.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/netlink/peers/peer_messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

constexpr int kNewsBufferBytes = 4 << 20;  // a thousand pods at once

std::optional<int> origin_of(msghdr& received) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&received); control != nullptr;
       control = CMSG_NXTHDR(&received, control)) {
    if (control->cmsg_level != SOL_NETLINK || control->cmsg_type != NETLINK_LISTEN_ALL_NSID) {
      continue;
    }
    int nsid = -1;
    std::memcpy(&nsid, CMSG_DATA(control), sizeof(nsid));
    return nsid;
  }
  return std::nullopt;
}

void add_event(nlmsghdr& message, std::optional<int> nsid, std::vector<NetnsEvent>& events) {
  if (auto device = linked_device_in(message)) {
    const bool removed = message.nlmsg_type == RTM_DELLINK;
    events.push_back({nsid, NetnsEvent::Link{*std::move(device), removed}});
  } else if (const auto address = device_address_in(message)) {
    const bool removed = message.nlmsg_type == RTM_DELADDR;
    events.push_back({nsid, NetnsEvent::Address{*address, removed}});
  } else if (const auto id = nsid_in(message)) {
    const bool removed = message.nlmsg_type == RTM_DELNSID;
    events.push_back({nsid, NetnsEvent::Id{*id, removed}});
  }
}

}  // namespace

NetnsNews::NetnsNews(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
NetnsNews::NetnsNews(NetnsNews&&) noexcept = default;
NetnsNews& NetnsNews::operator=(NetnsNews&&) noexcept = default;
NetnsNews::~NetnsNews() = default;

Result<NetnsNews> NetnsNews::open() {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  const int on = 1;
  if (setsockopt(socket->fd(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on)) != 0) {
    return std::unexpected(
        sys::error_from(errno, "hear of the addresses of other netns", "grant CAP_NET_BROADCAST"));
  }
  auto joined = socket->join({RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NSID},
                             kNewsBufferBytes);
  if (!joined) return std::unexpected(std::move(joined).error());
  // Larger than the system's limit, if we may.
  (void)setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kNewsBufferBytes,
                   sizeof(kNewsBufferBytes));
  return NetnsNews(std::make_unique<Socket>(*std::move(socket)));
}

int NetnsNews::fd() const { return socket_->fd(); }

std::vector<NetnsEvent> NetnsNews::read(std::size_t most) {
  std::vector<NetnsEvent> events;
  alignas(nlmsghdr) std::array<char, 32'768> buffer;
  alignas(cmsghdr) std::array<char, 256> control;
  while (events.size() < most) {
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr received{};
    received.msg_iov = &part;
    received.msg_iovlen = 1;
    received.msg_control = control.data();
    received.msg_controllen = control.size();
    const ssize_t bytes = recvmsg(fd(), &received, MSG_DONTWAIT);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == EAGAIN) break;
    if (bytes < 0 || (received.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      events.push_back({std::nullopt, NetnsEvent::Lost{}});
      if (bytes < 0 && errno != ENOBUFS) break;
      continue;
    }
    const auto nsid = origin_of(received);
    auto* message = reinterpret_cast<nlmsghdr*>(buffer.data());
    int left = static_cast<int>(bytes);
    for (; nlmsg_ok(message, left) != 0; message = nlmsg_next(message, &left)) {
      add_event(*message, nsid, events);
    }
  }
  return events;
}

}  // namespace cgtally::netlink
