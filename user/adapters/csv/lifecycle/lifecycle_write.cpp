// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "adapters/csv/lifecycle/columns.h"
#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

// Times after an end may be below 0.
std::string nanoseconds_if_known(const std::optional<Nanoseconds>& time) {
  return time ? fmt::format("{}", time->count()) : std::string();
}

std::uint64_t with_data(Packets packets, Packets without) {
  return packets.value - std::min(packets.value, without.value);
}

void add_nothing(RecordWriter& line, int columns) {
  for (int i = 0; i < columns; ++i) line.add("");
}

void add_totals(RecordWriter& line, const std::optional<Traffic>& totals) {
  if (!totals) return add_nothing(line, 10);
  const TcpCounts& tcp = totals->tcp;
  line.add(totals->rx_bytes.value)
      .add(totals->rx_packets.value)
      .add(totals->tx_bytes.value)
      .add(totals->tx_packets.value)
      .add(tcp.rx_connections)
      .add(tcp.tx_connections)
      .add(tcp.rx_resets)
      .add(tcp.tx_resets)
      .add(with_data(totals->rx_packets, tcp.rx_without_data))
      .add(with_data(totals->tx_packets, tcp.tx_without_data));
}

void add_tail(RecordWriter& line, const std::optional<lifecycle::Tail>& tail) {
  line.add(nanoseconds_if_known(tail ? tail->first : std::nullopt))
      .add(nanoseconds_if_known(tail ? std::optional(tail->last) : std::nullopt));
}

void add_late(RecordWriter& line, const lifecycle::Late& late) {
  line.add(late.packets.value).add(late.payload.value).add(late.connections).add(late.resets);
  add_tail(line, late.tail);
}

void add_pod(RecordWriter& line, const std::optional<lifecycle::InsidePod>& pod) {
  if (!pod) return add_nothing(line, 13);
  const Traffic& traffic = pod->traffic;
  const auto if_known = [&pod](std::uint64_t count) {
    return pod->refusals_known ? std::optional(count) : std::nullopt;
  };
  line.add(pod->state)
      .add_if_known(if_known(pod->refused))
      .add_if_known(if_known(pod->refused_before));
  add_tail(line, pod->tail);
  line.add_if_known(if_known(pod->resets))
      .add(pod->siblings)
      .add(pod->names)
      .add(traffic.rx_bytes.value)
      .add(traffic.tx_bytes.value)
      .add(traffic.tcp.rx_connections)
      .add(with_data(traffic.rx_packets, traffic.tcp.rx_without_data))
      .add(nanoseconds_if_known(pod->quiet));
}

// The delay is advice, which there is only for a loss.
void add_ends(RecordWriter& line, const lifecycle::Row& row) {
  const lifecycle::Ends& ends = row.ends;
  line.add(row.extent == lifecycle::Extent::complete ? "complete" : "so far")
      .add(nanoseconds_if_known(tail_of(row)))
      .add(ends.count)
      .add(ends.lossy);
  if (ends.count == 0) return add_nothing(line, 3);
  line.add(nanoseconds_if_known(ends.median))
      .add(nanoseconds_if_known(ends.worst))
      .add_if_known(ends.lossy == 0 ? std::nullopt
                                    : std::optional(lifecycle::covering_delay_s(ends.worst)));
}

}  // namespace

std::string lifecycle_header() {
  RecordWriter line;
  for (const std::string_view name : kLifeColumnNames) line.add(name);
  return std::move(line).line();
}

std::string lifecycle_row(const lifecycle::Row& row) {
  const bool ended = row.event == lifecycle::Event::ended;
  RecordWriter line;
  line.add(format_timestamp(row.at.wall))
      .add(static_cast<std::uint64_t>(row.at.boot.count()))
      .add(row.host)
      .add(row.ledger)
      .add(ended ? "ended" : "begun")
      .add(row.cgroup_id)
      .add(row.account)
      .add(row.owner.container)
      .add(row.owner.pod)
      .add(row.owner.k8s_namespace)
      .add(row.name)
      .add(nanoseconds_if_known(row.lived));
  if (!ended) {
    add_nothing(line, 36);
    return std::move(line).line();
  }
  add_totals(line, row.totals);
  add_late(line, row.late);
  add_pod(line, row.pod);
  add_ends(line, row);
  return std::move(line).line();
}

}  // namespace cgtally::csv
