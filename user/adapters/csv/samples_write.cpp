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
  SampleRows rows;
  rows.add(sample);
  return rows.text();
}

bool SampleRows::begins_like_last(const Sample& sample) const {
  return !begin_.empty() && sample.taken.wall == last_.taken.wall &&
         sample.taken.boot == last_.taken.boot && sample.interval == last_.interval &&
         sample.host == last_.host && sample.ledger == last_.ledger;
}

void SampleRows::add(const Sample& sample) {
  if (!begins_like_last(sample)) {
    last_.taken = sample.taken;
    last_.interval = sample.interval;
    last_.host = sample.host;
    last_.ledger = sample.ledger;
    RecordWriter begin;
    begin.add(format_timestamp(sample.taken.wall))
        .add(static_cast<std::uint64_t>(sample.taken.boot.count()))
        .add(static_cast<std::uint64_t>(sample.interval.count()))
        .add(sample.host)
        .add(sample.ledger);
    begin_ = begin.text();
  }
  rows_.add_written(begin_)
      .add(sample.iface)
      .add(is_group_id(sample.cgroup_id) ? 0 : sample.cgroup_id)
      .add(sample.account)
      .add(sample.container)
      .add(sample.pod)
      .add(sample.k8s_namespace)
      .add(state_name(sample.state));
  csv::add(rows_, sample.totals);
  csv::add(rows_, sample.delta);
  csv::add(rows_, rate(sample.delta.rx_bytes, sample.interval));
  csv::add(rows_, rate(sample.delta.tx_bytes, sample.interval));
  csv::add(rows_, rate(sample.delta.rx_packets, sample.interval));
  csv::add(rows_, rate(sample.delta.tx_packets, sample.interval));
  rows_.add_if_known(sample.tcp_connections)
      .add_if_known(sample.queue_delay_p99.transform(microseconds))
      .add_if_known(sample.retransmitted.transform([](Bytes bytes) { return bytes.value; }));
  add_tcp(rows_, sample);
  rows_.end_line();
}

}  // namespace cgtally::csv
