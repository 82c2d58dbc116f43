// SPDX-License-Identifier: Apache-2.0
#include "bench/in_place/udp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bench {
namespace {

constexpr std::size_t kBatch = 16;  // packets of one flow that one system call sends
constexpr std::size_t kPayload = 64;
constexpr std::size_t kLongest = 2048;

Result<sockaddr_in> address_of(const UdpTarget& target) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  if (inet_pton(AF_INET, target.address.c_str(), &address.sin_addr) != 1) {
    return std::unexpected(Error{.what = "no IPv4 address: " + target.address, .hint = {}});
  }
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// The same buffer for all packets of a batch.
class Batch {
 public:
  explicit Batch(std::size_t length) : buffer_(length) {
    part_ = {.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    for (mmsghdr& message : messages_) {
      message.msg_hdr.msg_iov = &part_;
      message.msg_hdr.msg_iovlen = 1;
    }
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  mmsghdr* messages() { return messages_.data(); }

 private:
  std::vector<char> buffer_;
  iovec part_{};
  std::array<mmsghdr, kBatch> messages_{};
};

}  // namespace

Result<void> send_udp(const UdpTarget& to, unsigned flows, unsigned per_second) {
  auto address = address_of(to);
  if (!address) return std::unexpected(address.error());
  std::vector<sys::Fd> sockets;
  for (unsigned i = 0; i < flows; ++i) {
    sockets.emplace_back(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!sockets.back() ||
        connect(sockets.back().get(), generic(*address), sizeof(*address)) != 0) {
      return std::unexpected(sys::error_from(errno, "connect to " + to.address));
    }
  }
  Batch batch(kPayload);
  const unsigned at_once = flows == 1 && per_second == 0 ? kBatch : 1;
  constexpr long kSecond = 1'000'000'000;
  const timespec pause{.tv_sec = 0, .tv_nsec = per_second == 0 ? 0 : kSecond / per_second - 1};
  while (true) {
    for (const sys::Fd& socket : sockets) {
      // A refused or dropped packet is none that counts: the interface counts what passed.
      sendmmsg(socket.get(), batch.messages(), at_once, MSG_DONTWAIT);
      if (per_second != 0) nanosleep(&pause, nullptr);
    }
  }
}

Result<void> receive_udp(const UdpTarget& at, bool answer) {
  auto address = address_of(at);
  if (!address) return std::unexpected(address.error());
  const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || bind(socket.get(), generic(*address), sizeof(*address)) != 0) {
    return std::unexpected(sys::error_from(errno, "listen at " + at.address));
  }
  std::puts("ready");
  std::fflush(stdout);
  Batch batch(kLongest);
  while (true) {
    if (!answer) {
      recvmmsg(socket.get(), batch.messages(), kBatch, MSG_WAITFORONE, nullptr);
      continue;
    }
    std::array<char, kLongest> data{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got = recvfrom(socket.get(), data.data(), data.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got >= 0)
      sendto(socket.get(), data.data(), static_cast<std::size_t>(got), 0, generic(from), size);
  }
}

}  // namespace cgtally::bench
