// SPDX-License-Identifier: Apache-2.0
// Shorthand for tests: traffic, readings and samples in one expression each.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/traffic/sample.h"

namespace cgtally {

inline Traffic traffic(std::uint64_t rx_bytes, std::uint64_t rx_packets, std::uint64_t tx_bytes,
                       std::uint64_t tx_packets) {
  return {.rx_bytes = {rx_bytes},
          .rx_packets = {rx_packets},
          .tx_bytes = {tx_bytes},
          .tx_packets = {tx_packets}};
}

// One packet of 100 bytes received for each ten that are sent.
inline Traffic sent(std::uint64_t bytes) {
  return traffic(bytes / 10, bytes / 1000, bytes, bytes / 100);
}

inline constexpr InterfaceKey kEth{1};
inline constexpr InterfaceKey kLo{2};

inline Account cgroup(std::uint64_t id) { return {.kind = AccountKind::cgroup, .cgroup_id = id}; }
inline Account reason(AccountKind kind) { return {.kind = kind, .cgroup_id = 0}; }

inline Moment second(std::int64_t boot_seconds) {
  constexpr std::int64_t kBootedAt = 1'795'000'000;  // 2026-11-18
  return {.boot = std::chrono::seconds{boot_seconds},
          .wall = std::chrono::seconds{kBootedAt + boot_seconds}};
}

inline void PrintTo(const Traffic& t, std::ostream* out) {
  *out << "rx " << t.rx_bytes.value << " B " << t.rx_packets.value << " p, tx " << t.tx_bytes.value
       << " B " << t.tx_packets.value << " p";
}

}  // namespace cgtally
