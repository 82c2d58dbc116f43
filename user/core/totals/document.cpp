// SPDX-License-Identifier: Apache-2.0
#include "core/totals/document.h"

#include <algorithm>

#include "core/base/json.h"
#include "core/base/timestamp.h"

namespace cgtally {
namespace {

void add_traffic(JsonWriter& json, const Traffic& traffic) {
  json.key("rx_bytes_total").value(traffic.rx_bytes.value);
  json.key("rx_packets_total").value(traffic.rx_packets.value);
  json.key("tx_bytes_total").value(traffic.tx_bytes.value);
  json.key("tx_packets_total").value(traffic.tx_packets.value);
  json.key("rx_connections_total").value(traffic.tcp.rx_connections);
  json.key("tx_connections_total").value(traffic.tcp.tx_connections);
  json.key("rx_resets_total").value(traffic.tcp.rx_resets);
  json.key("tx_resets_total").value(traffic.tcp.tx_resets);
  json.key("rx_data_packets_total").value(traffic.rx_data_packets().value);
  json.key("tx_data_packets_total").value(traffic.tx_data_packets().value);
}

void add_account(JsonWriter& json, const TotalsRow& row) {
  json.begin_object();
  json.key("iface").value(row.iface);
  json.key("cgroup_id").value(row.cgroup_id);
  json.key("account").value(row.account);
  json.key("name").value(row.label());
  json.key("container").value(row.owner.container);
  json.key("pod").value(row.owner.pod);
  json.key("namespace").value(row.owner.k8s_namespace);
  json.key("state").value(totals_state_name(row.state));
  add_traffic(json, row.totals);
  json.end_object();
}

}  // namespace

std::string totals_document(const TotalsReport& report, std::size_t most) {
  JsonWriter json;
  json.begin_object();
  json.key("time").value(format_timestamp(report.taken.wall));
  json.key("boot_ns").value(static_cast<std::uint64_t>(report.taken.boot.count()));
  json.key("host").value(report.host);
  json.key("ledger").value(report.ledger);
  json.key("since").value(format_timestamp(report.since.wall));
  json.key("counting").value(report.counting);
  json.key("sum").begin_object();
  add_traffic(json, sum_of(report.rows));
  json.end_object();
  json.key("accounts").begin_array();
  const std::size_t shown = std::min(most, report.rows.size());
  for (std::size_t i = 0; i < shown; ++i) add_account(json, report.rows[i]);
  json.end_array();
  json.key("shared_accounts").begin_array();
  for (const SharedAccount& one : report.shared) {
    json.begin_object();
    json.key("account").value(one.account);
    json.key("packets_of_others").value(one.packets);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).document();
}

}  // namespace cgtally
