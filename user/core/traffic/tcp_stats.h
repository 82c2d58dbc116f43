// SPDX-License-Identifier: Apache-2.0
// TCP statistics of each cgroup: number of connections, queueing delay (round-trip time above the
// connection's minimum, which rises before anything is dropped) and retransmitted bytes. Their
// source is a dump of all TCP sockets.
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
  std::optional<Nanoseconds> rtt;      // smoothed; empty before the first measurement
  std::optional<Nanoseconds> min_rtt;  // of the kernel's window (net.ipv4.tcp_min_rtt_wlen)
  Bytes retransmitted;                 // since the socket was made
  Nanoseconds since_sent{};            // age of the round-trip time: since the last send
};

struct TcpSummary {
  std::uint64_t connections = 0;
  std::uint64_t busy = 0;  // of these, those that have sent within the last second
  std::optional<Nanoseconds> queue_delay_p50;  // of rtt - min_rtt over the connections
  std::optional<Nanoseconds> queue_delay_p99;
  Bytes retransmitted;  // since the dump before, by connections in this dump
};

// Differences from dump to dump, filled by the TCP collector. Bytes that a socket retransmitted
// between its last dump and its end are lost.
class TcpStats {
 public:
  // A dump of all sockets of all netns in view; a socket that comes twice counts once. The first
  // dump is the base; a socket that is new in a later one counts from 0.
  void update(const std::vector<TcpSocketFacts>& sockets, const Moment& now);
  // Registers sockets that existed before we first saw them, so that what they retransmitted
  // earlier is not reported as new.
  void add_known(const std::vector<TcpSocketFacts>& sockets);
  // The moment of the last dump; empty: nothing below is known yet.
  [[nodiscard]] const std::optional<Moment>& updated_at() const { return updated_at_; }
  [[nodiscard]] const std::map<std::uint64_t, TcpSummary>& by_cgroup() const { return by_cgroup_; }
  [[nodiscard]] const TcpSummary& all() const { return all_; }

 private:
  std::optional<Moment> updated_at_;
  std::unordered_map<std::uint64_t, std::uint64_t> retransmitted_;  // by cookie; 0 is left out
  std::map<std::uint64_t, TcpSummary> by_cgroup_;
  TcpSummary all_;
};

}  // namespace cgtally
