// SPDX-License-Identifier: Apache-2.0
// Real sockets for the benchmark to find: established TCP connections without a peer (TCP_REPAIR),
// each in a cgroup of its own if asked, and one UDP server whom anybody may write to. All on the
// loopback of a netns that the benchmark made for itself.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bench {

// Shared: the server permits others to have its port, too.
enum class Protocol : std::uint8_t { tcp4, tcp6, udp4, udp6, udp4_shared };

// What one packet to the socket carries; ports in network byte order.
struct Tuple {
  std::array<std::uint32_t, 9> words{};  // as in struct bpf_sock_tuple
};

// The calling process is in a fresh netns with its loopback up from now on.
[[nodiscard]] Result<void> enter_private_netns();

class Flows {
 public:
  // `sockets` TCP connections, or one UDP socket and `flows` peers of it. Accounts: sockets are
  // made in turn in `accounts` cgroups below the cgroup2 mount (1: in the caller's own).
  static Result<Flows> make(Protocol protocol, std::uint32_t accounts, std::uint32_t flows);

  Flows(Flows&&) noexcept = default;
  Flows& operator=(Flows&&) noexcept = default;
  ~Flows();

  [[nodiscard]] const std::vector<Tuple>& tuples() const { return tuples_; }

 private:
  Flows() = default;
  Result<void> add_tcp(bool ipv6, std::uint32_t index);
  Result<void> add_udp(Protocol protocol, std::uint32_t flows);

  std::vector<sys::Fd> sockets_;
  std::vector<std::string> cgroups_;
  std::vector<Tuple> tuples_;
};

}  // namespace cgtally::bench
