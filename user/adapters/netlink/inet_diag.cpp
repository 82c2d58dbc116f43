// SPDX-License-Identifier: Apache-2.0
// Uses TCPDIAG_GETSOCK, the older of two requests: only this one walks the kernel's table once for
// both families, and the table's size depends on the machine's memory, not on the number of
// sockets.
#include "adapters/netlink/inet_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"

namespace cgtally::netlink {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// The beginning of the kernel's tcp_info, which only grows at its end. The C library's is shorter,
// and the kernel's header cannot be included beside the C library's.
struct TcpInfo {
  std::array<std::uint8_t, 8> flags;
  std::array<std::uint32_t, 9> before_sent;
  std::uint32_t last_data_sent;  // milliseconds ago
  std::array<std::uint32_t, 5> before_rtt;
  std::uint32_t rtt;  // microseconds
  std::array<std::uint32_t, 8> before_rates;
  std::array<std::uint64_t, 4> rates;
  std::array<std::uint32_t, 3> before_min_rtt;
  std::uint32_t min_rtt;  // microseconds
  std::array<std::uint32_t, 2> data_segments;
  std::array<std::uint64_t, 4> limited;
  std::array<std::uint32_t, 2> delivered;
  std::uint64_t bytes_sent;
  std::uint64_t bytes_retrans;
};

// The kernel's TCP_* states.
enum State : unsigned {
  established = 1,
  syn_sent = 2,
  syn_recv = 3,
  fin_wait1 = 4,
  fin_wait2 = 5,
  close_wait = 8,
  last_ack = 9,
  closing = 11,
};

constexpr std::uint32_t kStates = 1U << established | 1U << syn_sent | 1U << syn_recv |
                                  1U << fin_wait1 | 1U << fin_wait2 | 1U << close_wait |
                                  1U << last_ack | 1U << closing;

template <typename T>
std::optional<T> field(std::span<const std::byte> info, std::size_t offset) {
  if (info.size() < offset + sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, info.data() + offset, sizeof(value));
  return value;
}

std::uint64_t cookie_of(const inet_diag_sockid& id) {
  return std::uint64_t{id.idiag_cookie[1]} << 32U | id.idiag_cookie[0];
}

}  // namespace

std::optional<TcpSocketFacts> tcp_socket_in(nlmsghdr& message) {
  const auto header = header_of<inet_diag_msg>(message);
  if (!header) return std::nullopt;
  const Attributes<INET_DIAG_MAX> attributes(message, sizeof(*header));
  const auto cgroup = attributes.value<std::uint64_t>(INET_DIAG_CGROUP_ID);
  if (!cgroup) return std::nullopt;
  TcpSocketFacts facts;
  facts.cookie = cookie_of(header->id);
  facts.cgroup_id = *cgroup;
  if (const nlattr* info = attributes[INET_DIAG_INFO]) {
    read_tcp_info(
        {static_cast<const std::byte*>(nla_data(info)), static_cast<std::size_t>(nla_len(info))},
        facts);
  }
  return facts;
}

void read_tcp_info(std::span<const std::byte> info, TcpSocketFacts& facts) {
  const auto rtt = field<std::uint32_t>(info, offsetof(TcpInfo, rtt));
  if (rtt && *rtt > 0) facts.rtt = microseconds{*rtt};
  const auto least = field<std::uint32_t>(info, offsetof(TcpInfo, min_rtt));
  if (least && *least != std::numeric_limits<std::uint32_t>::max()) {
    facts.min_rtt = microseconds{*least};
  }
  facts.retransmitted =
      Bytes{field<std::uint64_t>(info, offsetof(TcpInfo, bytes_retrans)).value_or(0)};
  facts.since_sent =
      milliseconds{field<std::uint32_t>(info, offsetof(TcpInfo, last_data_sent)).value_or(0)};
}

Result<TcpSockets> tcp_sockets(std::size_t most) {
  auto socket = Socket::open(NETLINK_SOCK_DIAG);
  if (!socket) return std::unexpected(std::move(socket).error());
  inet_diag_req header{};
  header.idiag_family = AF_INET;  // the kernel ignores it
  header.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  header.idiag_states = kStates;
  TcpSockets result;
  std::size_t found = 0;
  const auto take = [&](nlmsghdr& message) -> std::optional<TcpSocketFacts> {
    auto facts = tcp_socket_in(message);
    return facts && ++found > most ? std::nullopt : facts;
  };
  auto sockets =
      socket->dump<TcpSocketFacts>("list TCP sockets", Request(TCPDIAG_GETSOCK, header), take);
  if (!sockets) {
    Error error = std::move(sockets).error();
    if (error.code == ENOENT || error.code == EOPNOTSUPP) {
      error.failure = Failure::unsupported;
      error.hint = "load its modules: modprobe inet_diag tcp_diag";
    }
    return std::unexpected(std::move(error));
  }
  result.all = found <= most;
  result.sockets = *std::move(sockets);
  return result;
}

}  // namespace cgtally::netlink
