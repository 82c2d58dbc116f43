// SPDX-License-Identifier: Apache-2.0
// Both ends of a conversation live in one process; only a bulk transfer needs a second thread.
#include "harness/traffic/traffic.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};
constexpr int kReceiveBuffer = 128 * 1024;
constexpr int kLargeBuffer = 600 * 1024;

void set_option(const sys::Fd& socket, int level, int name, const auto& value, const char* what) {
  require(setsockopt(socket.get(), level, name, &value, sizeof(value)) == 0, what);
}

void be_patient(const sys::Fd& socket) {
  set_option(socket, SOL_SOCKET, SO_RCVTIMEO, kPatience, "SO_RCVTIMEO");
  set_option(socket, SOL_SOCKET, SO_SNDTIMEO, kPatience, "SO_SNDTIMEO");
}

void send_all(const sys::Fd& socket, std::size_t bytes) {
  static const std::vector<char> zeros(64 * 1024);
  while (bytes > 0) {
    const auto sent = send(socket.get(), zeros.data(), std::min(bytes, zeros.size()), MSG_NOSIGNAL);
    require(sent > 0, "send");
    bytes -= static_cast<std::size_t>(sent);
  }
}

void receive_all(const sys::Fd& socket, std::size_t bytes) {
  std::vector<char> buffer(64 * 1024);
  while (bytes > 0) {
    const auto got = recv(socket.get(), buffer.data(), std::min(bytes, buffer.size()), 0);
    require(got > 0, "recv");
    bytes -= static_cast<std::size_t>(got);
  }
}

void receive_end(const sys::Fd& socket) {
  char byte = 0;
  require(recv(socket.get(), &byte, 1, 0) == 0, "wait for the end of a connection");
}

}  // namespace

SocketAddress at(const std::string& ip, std::uint16_t port) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(*v4);
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(*v6);
  } else {
    throw std::runtime_error("not an address: " + ip);
  }
  return address;
}

void bind_to(const sys::Fd& socket, const SocketAddress& address) {
  int type = 0;
  socklen_t size = sizeof(type);
  require(getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0, "SO_TYPE");
  if (type == SOCK_STREAM) set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  require(bind(socket.get(), address.get(), address.size) == 0, "bind");
  be_patient(socket);
}

void listen_at(const sys::Fd& socket, const SocketAddress& address) {
  bind_to(socket, address);
  set_option(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, "SO_RCVBUF");
  require(listen(socket.get(), 512) == 0, "listen");
}

void connect_to(const sys::Fd& socket, const SocketAddress& address) {
  be_patient(socket);
  set_option(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, "SO_RCVBUF");
  require(connect(socket.get(), address.get(), address.size) == 0, "connect");
}

void use_large_buffers(const sys::Fd& socket) {
  set_option(socket, SOL_SOCKET, SO_RCVBUF, kLargeBuffer, "SO_RCVBUF");
  set_option(socket, SOL_SOCKET, SO_SNDBUF, kLargeBuffer, "SO_SNDBUF");
}

sys::Fd accept_from(const sys::Fd& listener) {
  sys::Fd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  require(static_cast<bool>(accepted), "accept");
  be_patient(accepted);
  return accepted;
}

void transfer(const sys::Fd& from, const sys::Fd& to, std::size_t bytes) {
  std::exception_ptr failure;
  std::thread sender([&] {
    try {
      send_all(from, bytes);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    receive_all(to, bytes);
  } catch (...) {
    shutdown(from.get(), SHUT_RDWR);
    sender.join();
    throw;
  }
  sender.join();
  if (failure) std::rethrow_exception(failure);
}

void converse(const sys::Fd& client, const sys::Fd& server, int rounds, std::size_t request,
              std::size_t response) {
  set_option(client, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  set_option(server, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  for (int round = 0; round < rounds; ++round) {
    send_all(client, request);
    receive_all(server, request);
    send_all(server, response);
    receive_all(client, response);
  }
}

void close_in_order(sys::Fd first, sys::Fd second) {
  require(shutdown(first.get(), SHUT_WR) == 0, "shutdown");
  receive_end(second);
  wait_acknowledged(first);
  require(shutdown(second.get(), SHUT_WR) == 0, "shutdown");
  receive_end(first);
  wait_acknowledged(second);
}

void wait_acknowledged(const sys::Fd& socket) {
  // A connection that has ended in good order has nothing left to acknowledge, and then no state to
  // ask for.
  for (int attempt = 0; attempt < 60'000; ++attempt) {
    int unsent = 0;
    tcp_info info{};
    socklen_t size = sizeof(info);
    require(ioctl(socket.get(), SIOCOUTQ, &unsent) == 0, "SIOCOUTQ");
    require(getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    const bool fin_pending = info.tcpi_state == TCP_FIN_WAIT1 || info.tcpi_state == TCP_LAST_ACK ||
                             info.tcpi_state == TCP_CLOSING;
    if (unsent == 0 && info.tcpi_unacked == 0 && !fin_pending) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error("not everything was acknowledged");
}

void send_datagrams(const sys::Fd& socket, const SocketAddress& to, int count, std::size_t bytes) {
  const std::vector<char> zeros(bytes);
  for (int i = 0; i < count; ++i) {
    const auto sent = sendto(socket.get(), zeros.data(), bytes, 0, to.get(), to.size);
    require(sent == static_cast<ssize_t>(bytes), "sendto");
  }
}

void send_segmented(const sys::Fd& socket, const SocketAddress& to, std::size_t bytes,
                    std::uint16_t segment) {
  set_option(socket, IPPROTO_UDP, UDP_SEGMENT, static_cast<int>(segment), "UDP_SEGMENT");
  send_datagrams(socket, to, 1, bytes);
  set_option(socket, IPPROTO_UDP, UDP_SEGMENT, 0, "UDP_SEGMENT");
}

void receive_datagrams(const sys::Fd& socket, int count) {
  be_patient(socket);
  std::vector<char> buffer(64 * 1024);
  for (int i = 0; i < count; ++i) {
    require(recv(socket.get(), buffer.data(), buffer.size(), 0) >= 0, "receive a datagram");
  }
}

void ping(const sys::Fd& raw, const SocketAddress& to, std::size_t payload_bytes) {
  be_patient(raw);
  const bool v6 = to.family() == AF_INET6;
  std::vector<std::uint8_t> message(8 + payload_bytes);
  message[0] = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  message[4] = 0x47;
  if (!v6) {  // zeros elsewhere; the kernel fills in the checksum of ICMPv6
    message[2] = static_cast<std::uint8_t>(~(message[0] + message[4]));
    message[3] = 0xff;
  }
  require(sendto(raw.get(), message.data(), message.size(), 0, to.get(), to.size) ==
              static_cast<ssize_t>(message.size()),
          "send an echo request");
  // A raw socket sees other ICMP too, and IPv4 ones see the IP header.
  for (std::vector<std::uint8_t> answer(65536);;) {
    const auto got = recv(raw.get(), answer.data(), answer.size(), 0);
    require(got > 0, "wait for an echo reply");
    const std::size_t start = v6 ? 0 : 4u * (answer[0] & 15);
    if (answer[start] == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)) return;
  }
}

}  // namespace cgtally::harness
