// SPDX-License-Identifier: Apache-2.0
// Writes samples as text. Rates are computed here: delta over the measured interval. If the
// interval is 0 there is no rate, and the field is empty.
#include "adapters/csv/rfc4180.h"
#include "adapters/csv/sample_columns.h"
#include "adapters/csv/samples.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

std::string_view state_name(SampleState state) {
  switch (state) {
    case SampleState::live:
      return "live";
    case SampleState::exited:
      return "exited";
    case SampleState::reset:
      return "reset";
  }
  return {};
}

void add(RecordWriter& row, const Traffic& traffic) {
  row.add(traffic.rx_bytes.value)
      .add(traffic.rx_packets.value)
      .add(traffic.tx_bytes.value)
      .add(traffic.tx_packets.value);
}

void add(RecordWriter& row, std::optional<BitRate> rate) {
  rate ? row.add(rate->bits_per_second) : row.add("");
}

std::uint64_t microseconds(Nanoseconds span) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

void add(RecordWriter& row, std::optional<PacketRate> rate) {
  rate ? row.add(rate->packets_per_second) : row.add("");
}

void add_tcp(RecordWriter& row, const Sample& sample) {
  constexpr int kTcpColumns = 6;
  if (!sample.has_tcp_counts) {
    for (int column = 0; column < kTcpColumns; ++column) row.add("");
    return;
  }
  const TcpCounts& tcp = sample.delta.tcp;
  row.add(tcp.rx_connections)
      .add(tcp.tx_connections)
      .add(tcp.rx_resets)
      .add(tcp.tx_resets)
      .add(sample.delta.rx_data_packets().value)
      .add(sample.delta.tx_data_packets().value);
}

}  // namespace

std::string samples_header() {
  RecordWriter row;
  for (const std::string_view name : kColumnNames) row.add(name);
  return std::move(row).line();
}

std::string samples_row(const Sample& sample) {
  RecordWriter row;
  row.add(format_timestamp(sample.taken.wall))
      .add(static_cast<std::uint64_t>(sample.taken.boot.count()))
      .add(static_cast<std::uint64_t>(sample.interval.count()))
      .add(sample.host)
      .add(sample.ledger)
      .add(sample.iface)
      .add(is_group_id(sample.cgroup_id) ? 0 : sample.cgroup_id)
      .add(sample.account)
      .add(sample.container)
      .add(sample.pod)
      .add(sample.k8s_namespace)
      .add(state_name(sample.state));
  add(row, sample.totals);
  add(row, sample.delta);
  add(row, rate(sample.delta.rx_bytes, sample.interval));
  add(row, rate(sample.delta.tx_bytes, sample.interval));
  add(row, rate(sample.delta.rx_packets, sample.interval));
  add(row, rate(sample.delta.tx_packets, sample.interval));
  row.add_if_known(sample.tcp_connections)
      .add_if_known(sample.queue_delay_p99.transform(microseconds))
      .add_if_known(sample.retransmitted.transform([](Bytes bytes) { return bytes.value; }));
  add_tcp(row, sample);
  return std::move(row).line();
}

}  // namespace cgtally::csv
