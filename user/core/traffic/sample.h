// SPDX-License-Identifier: Apache-2.0
// One row of the samples CSV: the traffic of an account on an interface in one measured interval.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/shared_text.h"
#include "core/containers/account_label.h"
#include "core/traffic/reading.h"

namespace cgtally {

enum class SampleState : std::uint8_t { live, exited, reset };

struct Sample {
  Moment taken;
  Nanoseconds interval{};  // measured length of the time that `delta` covers
  SharedText host;
  SharedText ledger;
  std::string iface;
  std::uint64_t cgroup_id = 0;  // 0 for a reason
  SharedText account;           // cgroup2 path, or the reason in parentheses
  SharedText container;         // empty if not known, like the next two
  SharedText pod;
  SharedText k8s_namespace;
  SampleState state = SampleState::live;
  Traffic totals;
  Traffic delta;
  // Whether the counts of TCP in `delta` are known; those in `totals` never are in a recording.
  bool has_tcp_counts = true;
  // Of the cgroup's TCP connections on any interface; empty if not known, and for a reason.
  std::optional<std::uint64_t> tcp_connections = std::nullopt;
  std::optional<Nanoseconds> queue_delay_p99 = std::nullopt;
  std::optional<Bytes> retransmitted = std::nullopt;  // since the last row that has a value

  // Empty if a recording does not have them: not the same as none.
  [[nodiscard]] std::optional<TcpCounts> tcp_counts() const {
    return has_tcp_counts ? std::optional(delta.tcp) : std::nullopt;
  }
  [[nodiscard]] ContainerName owner() const {
    return {.container = container, .pod = pod, .k8s_namespace = k8s_namespace};
  }
  // The account as screens name it.
  [[nodiscard]] std::string label() const { return account_label(account, owner()); }
};

}  // namespace cgtally
