// SPDX-License-Identifier: Apache-2.0
// The one list of the samples' columns, in the order in which they are written. The order is a
// contract with whoever reads recordings: new columns are appended, none is ever moved or renamed.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace cgtally::csv {

enum class Column : std::size_t {
  time,
  boot_ns,
  interval_ns,
  host,
  ledger,
  iface,
  cgroup_id,
  account,
  container,
  pod,
  k8s_namespace,
  state,
  rx_bytes_total,
  rx_packets_total,
  tx_bytes_total,
  tx_packets_total,
  rx_bytes,
  rx_packets,
  tx_bytes,
  tx_packets,
  rx_bps,
  tx_bps,
  rx_pps,
  tx_pps,
  // Not in recordings of earlier versions.
  tcp_conns,
  queue_delay_us_p99,
  retrans_bytes,
};

inline constexpr std::array<std::string_view, 27> kColumnNames{
    "time",           "boot_ns",
    "interval_ns",    "host",
    "ledger",         "iface",
    "cgroup_id",      "account",
    "container",      "pod",
    "namespace",      "state",
    "rx_bytes_total", "rx_packets_total",
    "tx_bytes_total", "tx_packets_total",
    "rx_bytes",       "rx_packets",
    "tx_bytes",       "tx_packets",
    "rx_bps",         "tx_bps",
    "rx_pps",         "tx_pps",
    "tcp_conns",      "queue_delay_us_p99",
    "retrans_bytes"};
static_assert(static_cast<std::size_t>(Column::retrans_bytes) + 1 == kColumnNames.size());

}  // namespace cgtally::csv
