// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/totals.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr std::array<std::string_view, 21> kTotalsColumns{"time",
                                                          "boot_ns",
                                                          "host",
                                                          "ledger",
                                                          "iface",
                                                          "cgroup_id",
                                                          "account",
                                                          "container",
                                                          "pod",
                                                          "namespace",
                                                          "state",
                                                          "rx_bytes_total",
                                                          "rx_packets_total",
                                                          "tx_bytes_total",
                                                          "tx_packets_total",
                                                          "rx_connections_total",
                                                          "tx_connections_total",
                                                          "rx_resets_total",
                                                          "tx_resets_total",
                                                          "rx_data_packets_total",
                                                          "tx_data_packets_total"};

}  // namespace

std::string totals_header() {
  RecordWriter row;
  for (const std::string_view name : kTotalsColumns) row.add(name);
  return std::move(row).line();
}

std::string totals_row(const TotalsReport& report, const TotalsRow& row) {
  RecordWriter line;
  line.add(format_timestamp(report.taken.wall))
      .add(static_cast<std::uint64_t>(report.taken.boot.count()))
      .add(report.host)
      .add(report.ledger)
      .add(row.iface)
      .add(row.cgroup_id)
      .add(row.account)
      .add(row.owner.container)
      .add(row.owner.pod)
      .add(row.owner.k8s_namespace)
      .add(totals_state_name(row.state))
      .add(row.totals.rx_bytes.value)
      .add(row.totals.rx_packets.value)
      .add(row.totals.tx_bytes.value)
      .add(row.totals.tx_packets.value)
      .add(row.totals.tcp.rx_connections)
      .add(row.totals.tcp.tx_connections)
      .add(row.totals.tcp.rx_resets)
      .add(row.totals.tcp.tx_resets)
      .add(row.totals.rx_data_packets().value)
      .add(row.totals.tx_data_packets().value);
  return std::move(line).line();
}

}  // namespace cgtally::csv
