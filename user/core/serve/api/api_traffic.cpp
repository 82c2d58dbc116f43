// SPDX-License-Identifier: Apache-2.0
// Interfaces and accounts with their rates and totals.
#include <algorithm>
#include <string>

#include "core/serve/api/api_document.h"
#include "core/serve/api/json_values.h"

namespace cgtally::serve {
namespace {

void write_figures(JsonWriter& json, BitRate rate, PacketRate packets, Bytes bytes,
                   Packets packet_total) {
  put_rate(json, "bits_per_second", rate);
  put(json, "packets_per_second", packets.packets_per_second);
  put(json, "bytes", bytes.value);
  put(json, "packets", packet_total.value);
}

void write_directions(JsonWriter& json, const Rates& rates, const Traffic& totals) {
  json.key("tx").begin_object();
  write_figures(json, rates.tx, rates.tx_packets, totals.tx_bytes, totals.tx_packets);
  json.end_object().key("rx").begin_object();
  write_figures(json, rates.rx, rates.rx_packets, totals.rx_bytes, totals.rx_packets);
  json.end_object();
}

void write_interface_direction(JsonWriter& json, const InterfaceFigures& one, Direction direction) {
  const Rates& rates = one.line.rates;
  const bool sent = direction == Direction::tx;
  json.key(direction_name(direction)).begin_object();
  write_figures(json, sent ? rates.tx : rates.rx, sent ? rates.tx_packets : rates.rx_packets,
                bytes_of(one.totals, direction), packets_of(one.totals, direction));
  put_known(json, "named", one.line.named[direction]);
  json.end_object();
}

void write_account(JsonWriter& json, const AccountLine& line) {
  const bool reason = line.account.starts_with('(');
  json.begin_object();
  put(json, "account", line.account);
  put(json, "label", line.shown());
  put(json, "kind", reason ? "reason" : "cgroup");
  put(json, "container", line.owner.container);
  put(json, "pod", line.owner.pod);
  put(json, "namespace", line.owner.k8s_namespace);
  put_seconds(json, "ended_s", line.exited_ago);
  write_directions(json, line.rates, line.totals);
  put(json, "new_connections_per_second", line.rates.connections.packets_per_second);
  put(json, "resets_per_second", line.rates.resets.packets_per_second);
  put_known(json, "connections", line.connections);
  put_seconds(json, "queue_delay_p99_s", line.queue_delay);
  json.end_object();
}

}  // namespace

void write_interfaces(JsonWriter& json, const NodeState& state) {
  json.key("interfaces").begin_array();
  for (const InterfaceFigures& one : state.interfaces) {
    json.begin_object();
    put(json, "iface", one.line.name);
    for (const Direction direction : kCreditOrder) write_interface_direction(json, one, direction);
    put_known(json, "coverage", one.line.seen);
    const auto sent = [&](const Named OwnerShares::* part) {
      return one.line.owners ? (*one.line.owners.*part).tx : std::nullopt;
    };
    put_known(json, "containers", sent(&OwnerShares::containers));
    put_known(json, "host", sent(&OwnerShares::host));
    put_known(json, "unnamed", sent(&OwnerShares::unnamed));
    json.end_object();
  }
  json.end_array();
}

void write_accounts(JsonWriter& json, const NodeState& state, const ApiRequest& request) {
  std::vector<AccountLine> sorted;
  if (request.order == AccountOrder::total) {
    sorted = state.accounts;
    std::ranges::stable_sort(sorted, std::ranges::greater{},
                             [](const AccountLine& one) { return one.totals.bytes(); });
  }
  const Shortlist list =
      shortlist(request.order == AccountOrder::total ? sorted : state.accounts, request.top);
  json.key("accounts").begin_array();
  for (const AccountLine& line : list.lines) write_account(json, line);
  json.end_array();
  const AccountLine others = list.others.value_or(AccountLine{});
  json.key("other_accounts").begin_object();
  put(json, "count", std::uint64_t{list.other_count});
  write_directions(json, others.rates, others.totals);
  json.end_object();
}

}  // namespace cgtally::serve
