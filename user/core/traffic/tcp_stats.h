// SPDX-License-Identifier: Apache-2.0
// What TCP itself says of each cgroup: how many connections, how long their packets wait in queues
// (round-trip time above the least that the connection has seen), and how many bytes it had to send
// again. Latency rises before anything is dropped. One look is a dump of a netns' sockets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/reading.h"

namespace cgtally {

// One TCP socket that is not listening.
struct TcpSocketFacts {
  std::uint64_t cookie = 0;  // the socket's, never reused
  std::uint64_t cgroup_id = 0;
  std::optional<Nanoseconds> rtt;      // smoothed; none before the first sample
  std::optional<Nanoseconds> min_rtt;  // of the kernel's window
  Bytes retransmitted;                 // since the socket was made
  Nanoseconds since_sent{};            // a round-trip time is as old as what was sent last
};

struct TcpSummary {
  std::uint64_t connections = 0;
  std::optional<Nanoseconds> queue_delay_p50;  // of rtt - min_rtt over the connections
  std::optional<Nanoseconds> queue_delay_p99;
  Bytes retransmitted;  // since the look before, by connections that both looks saw or that are new
};

class TcpStats {
 public:
  // All sockets of all netns in view at one moment; one that comes twice counts once. In the first
  // look what was sent again before is the base; a socket that is new later counts from 0. What a
  // socket sent again between its last look and its end is lost.
  void look(const std::vector<TcpSocketFacts>& sockets, const Moment& now);
  // Sockets that are older than that they are seen: the next look takes no difference from 0.
  void know(const std::vector<TcpSocketFacts>& sockets);
  // When the last look was; none yet: nothing below is known.
  [[nodiscard]] const std::optional<Moment>& looked() const { return looked_; }
  [[nodiscard]] const std::map<std::uint64_t, TcpSummary>& by_cgroup() const { return by_cgroup_; }
  [[nodiscard]] const TcpSummary& all() const { return all_; }

 private:
  std::optional<Moment> looked_;
  std::unordered_map<std::uint64_t, std::uint64_t> retransmitted_;  // by cookie; 0 is left out
  std::map<std::uint64_t, TcpSummary> by_cgroup_;
  TcpSummary all_;
};

}  // namespace cgtally
