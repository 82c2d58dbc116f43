// SPDX-License-Identifier: Apache-2.0
// The TCP sockets of a netns from the kernel's socket diagnosis: their cgroups and their tcp_info.
// Leaves out listeners, TIME_WAIT and half-open requests, because those have no round-trip time or
// no cgroup.
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

// Both address families of the calling thread's netns, in one pass; `most` sockets at most.
[[nodiscard]] Result<TcpSockets> tcp_sockets(std::size_t most);

// Fills `facts` from a tcp_info, as far as this kernel's is long.
void read_tcp_info(std::span<const std::byte> info, TcpSocketFacts& facts);

}  // namespace cgtally::netlink
