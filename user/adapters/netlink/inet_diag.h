// SPDX-License-Identifier: Apache-2.0
// The TCP sockets of a netns, as the kernel's socket diagnosis tells them: whose they are, and what
// tcp_info says. Of those that belong to a cgroup: no listeners, and nothing that TIME_WAIT or a
// half-open request left, which have neither owner nor round-trip time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally::netlink {

struct TcpSockets {
  std::vector<TcpSocketFacts> sockets;
  bool all = true;  // false: there were more than `most`
};

// Of the calling thread's netns, both families in one pass.
[[nodiscard]] Result<TcpSockets> tcp_sockets(std::size_t most);

// Takes from a tcp_info what this kernel's has, by its length.
void take_tcp_info(std::span<const std::byte> info, TcpSocketFacts& facts);

}  // namespace cgtally::netlink
