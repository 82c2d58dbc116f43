// SPDX-License-Identifier: Apache-2.0
// Sockets, and conversations between them. All calls block, with a time limit: a peer that never
// answers is an error, and the test does not hang.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "adapters/sys/fd.h"

namespace cgtally::harness {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

// "10.77.0.1" or "fd77::1".
[[nodiscard]] SocketAddress at(const std::string& ip, std::uint16_t port);
// With SO_REUSEADDR where TIME_WAIT would be in the way; of datagrams it would share the port.
void bind_to(const sys::Fd& socket, const SocketAddress& address);

// TCP. A small receive buffer keeps the bytes in flight below the length of every queue, so that no
// packet is lost on a veth.
void listen_at(const sys::Fd& socket, const SocketAddress& address);
void connect_to(const sys::Fd& socket, const SocketAddress& address);
// After listen_at or connect_to: room for several of the largest super-packets.
void use_large_buffers(const sys::Fd& socket);
[[nodiscard]] sys::Fd accept_from(const sys::Fd& listener);
// Makes `from` send and `to` read all of it.
void transfer(const sys::Fd& from, const sys::Fd& to, std::size_t bytes);
// `rounds` times: a request, then a response.
void converse(const sys::Fd& client, const sys::Fd& server, int rounds, std::size_t request,
              std::size_t response);
// `first` sends its FIN, `second` reads the end and closes, then `first` closes: only full sockets
// see packets.
void close_in_order(sys::Fd first, sys::Fd second);
// Waits until the peer has acknowledged everything that was sent, the FIN included.
void wait_acknowledged(const sys::Fd& socket);

// UDP
void send_datagrams(const sys::Fd& socket, const SocketAddress& to, int count, std::size_t bytes);
// One call of `bytes`, which the kernel cuts into datagrams of `segment` as late as it can.
void send_segmented(const sys::Fd& socket, const SocketAddress& to, std::size_t bytes,
                    std::uint16_t segment);
// Reads until `count` datagrams have come.
void receive_datagrams(const sys::Fd& socket, int count);

// ICMP echo of one request; waits for the reply. The socket is SOCK_RAW with IPPROTO_ICMP or
// IPPROTO_ICMPV6.
void ping(const sys::Fd& raw, const SocketAddress& to, std::size_t payload_bytes);

}  // namespace cgtally::harness
