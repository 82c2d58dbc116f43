// SPDX-License-Identifier: Apache-2.0
// Counters of accounts and interfaces.
#include <array>
#include <chrono>

#include "core/serve/metrics/metrics_document.h"

namespace cgtally::serve {
namespace {

struct TrafficFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*value)(const Traffic& traffic);
};

constexpr std::array kAccountFamilies{
    TrafficFamily{"cgtally_transmit_bytes", "Bytes sent, as on the wire.",
                  [](const Traffic& one) { return one.tx_bytes.value; }},
    TrafficFamily{"cgtally_receive_bytes", "Bytes received, as on the wire.",
                  [](const Traffic& one) { return one.rx_bytes.value; }},
    TrafficFamily{"cgtally_transmit_packets", "Packets sent, as on the wire.",
                  [](const Traffic& one) { return one.tx_packets.value; }},
    TrafficFamily{"cgtally_receive_packets", "Packets received, as on the wire.",
                  [](const Traffic& one) { return one.rx_packets.value; }},
    TrafficFamily{"cgtally_transmit_connections",
                  "TCP connections asked for: each SYN, also one that is sent again.",
                  [](const Traffic& one) { return one.tcp.tx_connections; }},
    TrafficFamily{"cgtally_receive_connections", "TCP connections that others asked for.",
                  [](const Traffic& one) { return one.tcp.rx_connections; }},
    TrafficFamily{"cgtally_transmit_resets", "TCP resets sent.",
                  [](const Traffic& one) { return one.tcp.tx_resets; }},
    TrafficFamily{"cgtally_receive_resets", "TCP resets received.",
                  [](const Traffic& one) { return one.tcp.rx_resets; }},
};

constexpr std::array kInterfaceFamilies{
    TrafficFamily{"cgtally_interface_transmit_bytes",
                  "Bytes sent on the interface: the sum over all accounts of the ledger.",
                  [](const Traffic& one) { return one.tx_bytes.value; }},
    TrafficFamily{"cgtally_interface_receive_bytes",
                  "Bytes received on the interface: the sum over all accounts of the ledger.",
                  [](const Traffic& one) { return one.rx_bytes.value; }},
    TrafficFamily{"cgtally_interface_transmit_packets", "Packets sent on the interface.",
                  [](const Traffic& one) { return one.tx_packets.value; }},
    TrafficFamily{"cgtally_interface_receive_packets", "Packets received on the interface.",
                  [](const Traffic& one) { return one.rx_packets.value; }},
};

constexpr std::array kUnlistedFamilies{
    TrafficFamily{"cgtally_interface_unlisted_transmit_bytes",
                  "The interface's bytes sent, without those of its account series.",
                  [](const Traffic& one) { return one.tx_bytes.value; }},
    TrafficFamily{"cgtally_interface_unlisted_receive_bytes",
                  "The interface's bytes received, without those of its account series.",
                  [](const Traffic& one) { return one.rx_bytes.value; }},
};

void write_interfaces(ExpositionWriter& out, const NodeState& state) {
  for (const TrafficFamily& family : kInterfaceFamilies) {
    out.family(family.name, MetricType::counter, family.help);
    for (const InterfaceSeries& one : state.series.interfaces) {
      out.sample({{"iface", one.iface}}, family.value(one.all.value), one.all.created);
    }
  }
  for (const TrafficFamily& family : kUnlistedFamilies) {
    out.family(family.name, MetricType::gauge, family.help);
    for (const InterfaceSeries& one : state.series.interfaces) {
      out.sample({{"iface", one.iface}}, static_cast<double>(family.value(one.all.value)) -
                                             static_cast<double>(family.value(one.listed)));
    }
  }
  out.family("cgtally_coverage_ratio", MetricType::gauge,
             "Share of the device's own count that was seen, in the worse direction.");
  for (const InterfaceFigures& one : state.interfaces) {
    if (one.line.seen) out.sample({{"iface", one.line.name}}, *one.line.seen);
  }
  out.family("cgtally_named_ratio", MetricType::gauge,
             "Share of the bytes since serve began that is on cgroups.");
  for (const auto& [iface, named] : state.named) {
    for (const Direction direction : kDirections) {
      if (!named[direction]) continue;
      out.sample({{"iface", iface}, {"direction", direction_name(direction)}}, *named[direction]);
    }
  }
}

void write_tcp(ExpositionWriter& out, const NodeState& state) {
  if (state.tcp.empty()) return;
  const auto each = [&](const auto& write) {
    for (const TcpFigures& one : state.tcp) write(one);
  };
  out.family("cgtally_tcp_connections", MetricType::gauge, "TCP connections that are open.");
  each([&](const TcpFigures& one) {
    out.sample({{"account", one.account},
                {"container", one.owner.container},
                {"pod", one.owner.pod},
                {"namespace", one.owner.k8s_namespace}},
               one.connections);
  });
  out.family("cgtally_tcp_queue_delay_p99_seconds", MetricType::gauge,
             "Delay in queues of the account's connections, 99th percentile.");
  each([&](const TcpFigures& one) {
    if (!one.queue_delay) return;
    out.sample({{"account", one.account},
                {"container", one.owner.container},
                {"pod", one.owner.pod},
                {"namespace", one.owner.k8s_namespace}},
               std::chrono::duration<double>(*one.queue_delay).count());
  });
  out.family("cgtally_tcp_retransmitted_bytes", MetricType::counter,
             "Bytes that TCP sent again, seen while serve ran.");
  each([&](const TcpFigures& one) {
    out.sample({{"account", one.account},
                {"container", one.owner.container},
                {"pod", one.owner.pod},
                {"namespace", one.owner.k8s_namespace}},
               one.retransmitted, state.process.started);
  });
}

}  // namespace

void write_traffic(ExpositionWriter& out, const NodeState& state) {
  for (const TrafficFamily& family : kAccountFamilies) {
    out.family(family.name, MetricType::counter, family.help);
    for (const AccountSeries& one : state.series.accounts) {
      out.sample({{"iface", one.iface},
                  {"account", one.account},
                  {"container", one.owner.container},
                  {"pod", one.owner.pod},
                  {"namespace", one.owner.k8s_namespace}},
                 family.value(one.counter.value), one.counter.created);
    }
  }
  write_tcp(out, state);
  write_interfaces(out, state);
}

}  // namespace cgtally::serve
