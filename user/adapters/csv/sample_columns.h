// SPDX-License-Identifier: Apache-2.0
// The columns of the samples CSV in their order. The order is a contract with the readers of
// recordings: new columns are appended, and no column is moved or renamed.
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
  // Recordings of earlier versions lack the following columns.
  tcp_conns,
  queue_delay_us_p99,
  retrans_bytes,
  rx_connections,
  tx_connections,
  rx_resets,
  tx_resets,
  rx_data_packets,
  tx_data_packets,
};

inline constexpr std::array<std::string_view, 33> kColumnNames{
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
    "retrans_bytes",  "rx_connections",
    "tx_connections", "rx_resets",
    "tx_resets",      "rx_data_packets",
    "tx_data_packets"};
static_assert(static_cast<std::size_t>(Column::tx_data_packets) + 1 == kColumnNames.size());

}  // namespace cgtally::csv
