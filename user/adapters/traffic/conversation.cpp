// SPDX-License-Identifier: Apache-2.0
#include "adapters/traffic/conversation.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "adapters/sys/error.h"

namespace cgtally::traffic {
namespace {

constexpr int kPatienceMs = static_cast<int>(std::chrono::milliseconds(kPatience).count());
constexpr std::size_t kInFlight = 32;       // datagrams: below every queue on the way
constexpr int kReceiveBuffer = 256 * 1024;  // TCP: its window stays below them, too
constexpr int kDatagramBuffer = 4 * 1024 * 1024;
constexpr std::size_t kChunk = std::size_t{64} * 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress address_of(const Place& place) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, place.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(place.port);
    address.size = sizeof(*v4);
  } else if (::inet_pton(AF_INET6, place.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(place.port);
    address.size = sizeof(*v6);
  }
  return address;
}

std::unexpected<Error> failed(const std::string& what) {
  return std::unexpected(sys::error_from(errno, what));
}

void set(const sys::Fd& socket, int level, int name, int value) {
  (void)::setsockopt(socket.get(), level, name, &value, sizeof(value));
}

bool wait_for(const sys::Fd& socket, short events) {
  pollfd one{.fd = socket.get(), .events = events, .revents = 0};
  return ::poll(&one, 1, kPatienceMs) == 1;
}

// How many of `count` datagrams came.
std::size_t receive(const sys::Fd& socket, std::size_t count) {
  std::vector<char> buffer(kChunk);
  for (std::size_t got = 0; got < count; ++got) {
    if (!wait_for(socket, POLLIN) ||
        ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) < 0) {
      return got;
    }
  }
  return count;
}

Result<void> send_one(const sys::Fd& from, const std::vector<char>& payload) {
  if (!wait_for(from, POLLOUT) || ::send(from.get(), payload.data(), payload.size(), 0) < 0) {
    return failed("send a datagram");
  }
  return {};
}

}  // namespace

Result<void> bind_at(const sys::Fd& socket, const Place& place) {
  const auto address = address_of(place);
  set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(socket.get(), address.get(), address.size) != 0) return failed("bind a socket");
  return {};
}

Result<void> connect_datagrams(const sys::Fd& socket, const Place& peer) {
  const auto address = address_of(peer);
  set(socket, SOL_SOCKET, SO_RCVBUFFORCE, kDatagramBuffer);
  set(socket, SOL_SOCKET, SO_SNDBUFFORCE, kDatagramBuffer);
  if (::connect(socket.get(), address.get(), address.size) != 0) return failed("connect a socket");
  return {};
}

Result<std::size_t> exchange(const sys::Fd& from, const sys::Fd& to, const Datagrams& datagrams) {
  const std::vector<char> payload(datagrams.payload_bytes);
  std::size_t arrived = 0;
  for (std::size_t left = datagrams.count; left > 0;) {
    const std::size_t some = std::min(left, kInFlight);
    for (std::size_t i = 0; i < some; ++i) {
      if (auto sent = send_one(from, payload); !sent) return std::unexpected(sent.error());
    }
    const std::size_t got = receive(to, some);
    arrived += got;
    if (got < some) return arrived;
    left -= some;
  }
  return arrived;
}

Result<void> send_at_once(const sys::Fd& from, const Datagrams& datagrams) {
  const std::vector<char> payload(datagrams.payload_bytes);
  for (std::size_t i = 0; i < datagrams.count; ++i) {
    if (auto sent = send_one(from, payload); !sent) return sent;
  }
  return {};
}

Result<std::size_t> exchange_segmented(const sys::Fd& from, const sys::Fd& to,
                                       const Segmented& segmented) {
  set(from, SOL_UDP, UDP_SEGMENT, segmented.payload_bytes);
  const std::vector<char> payload(segmented.datagrams_per_call * segmented.payload_bytes);
  std::size_t arrived = 0;
  for (std::size_t i = 0; i < segmented.calls; ++i) {
    if (auto sent = send_one(from, payload); !sent) {
      set(from, SOL_UDP, UDP_SEGMENT, 0);
      return std::unexpected(std::move(sent).error());
    }
    arrived += receive(to, segmented.datagrams_per_call);
    if (arrived < (i + 1) * segmented.datagrams_per_call) break;
  }
  set(from, SOL_UDP, UDP_SEGMENT, 0);
  return arrived;
}

Result<SentByTcp> sent_by(const sys::Fd& connection) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(connection.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return failed("ask a connection what it has sent");
  }
  return SentByTcp{.payload_bytes = info.tcpi_bytes_sent, .segments = info.tcpi_segs_out};
}

Result<sys::Fd> connect_pair(const sys::Fd& listener, const sys::Fd& client, const Place& at) {
  const auto address = address_of(at);
  set(listener, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  set(client, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  (void)::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::listen(listener.get(), 1) != 0) return failed("listen");
  if (::connect(client.get(), address.get(), address.size) != 0) return failed("connect");
  if (!wait_for(listener, POLLIN)) {
    errno = ETIMEDOUT;
    return failed("accept a connection");
  }
  sys::Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted) return failed("accept a connection");
  return accepted;
}

Result<std::size_t> transfer(const sys::Fd& from, const sys::Fd& to, std::size_t bytes) {
  std::vector<char> buffer(kChunk);
  std::size_t sent = 0;
  std::size_t arrived = 0;
  while (arrived < bytes) {
    std::array<pollfd, 2> ends{
        pollfd{.fd = to.get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = sent < bytes ? from.get() : -1, .events = POLLOUT, .revents = 0}};
    if (::poll(ends.data(), ends.size(), kPatienceMs) <= 0) return arrived;
    if (ends[1].revents != 0) {
      const auto put = ::send(from.get(), buffer.data(), std::min(bytes - sent, buffer.size()),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN) return failed("send");
      if (put > 0) sent += static_cast<std::size_t>(put);
    }
    if (ends[0].revents != 0) {
      const auto got = ::recv(to.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return failed("receive");
      if (got > 0) arrived += static_cast<std::size_t>(got);
    }
  }
  return arrived;
}

}  // namespace cgtally::traffic
