// SPDX-License-Identifier: Apache-2.0
// Bursts, credits, and begins and ends of containers.
#include <string>

#include "core/serve/allowance_names.h"
#include "core/serve/api/api_document.h"
#include "core/serve/api/json_values.h"

namespace cgtally::serve {
namespace {

void write_burst(JsonWriter& json, const NamedBurst& one, std::uint64_t id) {
  const ExplainedBurst& explained = one.burst;
  const Burst& burst = explained.burst;
  json.begin_object();
  if (id != 0) put(json, "id", id);
  put_time(json, "start", one.wall);
  put(json, "iface", explained.iface);
  put(json, "direction", direction_name(explained.direction));
  put(json, "duration_s", seconds(burst.length()));
  put(json, "bytes", burst.bytes.value);
  put_rate(json, "peak_bits_per_second", burst.peak_rate());
  put_rate(json, "mean_bits_per_second", burst.mean_rate());
  put_rate(json, "threshold_bits_per_second", burst.threshold);
  put(json, "cause", cause_name(explained.verdict.cause));
  put(json, "reason", explained.verdict.reason);
  put(json, "account", one.account);
  put(json, "label", one.shown());
  put_known(json, "exceeded_packets", explained.exceeded);
  put(json, "under_way", explained.under_way);
  json.end_object();
}

void write_last_second(JsonWriter& json, const BurstFigures& bursts) {
  json.key("last_second").begin_array();
  for (const InterfaceCells& one : bursts.last_second) {
    json.begin_object();
    put(json, "iface", one.iface);
    put_time(json, "end", one.end);
    put(json, "cell_s", seconds(one.cell));
    for (const Direction direction : kCreditOrder) {
      // On one line: a thousand lines for a second would be hard to read.
      json.key(direction_name(direction)).row(one.bytes[direction]);
    }
    json.end_object();
  }
  json.end_array();
}

void write_direction(JsonWriter& json, const DirectionCredit& one) {
  const auto upper = [](const ByteRange& range) {
    return range.bounded() ? std::optional(range.hi) : std::nullopt;
  };
  json.key(direction_name(one.direction)).begin_object();
  put(json, "state", credit_state_name(one.state));
  put_rate(json, "bits_per_second", one.rate);
  put_rate(json, "mean_bits_per_second", one.mean);
  put_rate(json, "baseline_bits_per_second", one.terms.baseline);
  put_rate(json, "burst_bits_per_second", one.terms.burst);
  put(json, "balance_lo_bytes", one.balance.lo);
  put_known(json, "balance_hi_bytes", upper(one.balance));
  put(json, "capacity_lo_bytes", one.capacity.lo);
  put_known(json, "capacity_hi_bytes", upper(one.capacity));
  put(json, "share_lo", one.share.lo);
  put(json, "share_hi", one.share.hi);
  put(json, "basis", basis_name(one.capacity_basis));
  put_known(json, "time_to_empty_lo_s", one.empty ? std::optional(one.empty->lo_s) : std::nullopt);
  put_known(json, "time_to_empty_hi_s", one.empty ? one.empty->hi_s : std::nullopt);
  put(json, "draining", one.empty.has_value());
  put(json, "verdict", verdict_name(one.verdict));
  put_known(json, "exceeded_packets", one.exceeded);
  json.key("evidence").begin_array();
  for (const std::string& sentence : one.evidence) json.value(sentence);
  json.end_array().end_object();
}

void write_allowances(JsonWriter& json, const NodeState& state) {
  json.key("allowances").begin_array();
  for (const AllowanceSummary& one : state.allowances) {
    if (!one.there) continue;
    json.begin_object();
    put(json, "allowance", allowance_short_name(one.counter));
    put(json, "last_minute_packets", one.last_minute);
    put(json, "total_packets", one.total);
    put(json, "verdict", verdict_name(one.verdict));
    put(json, "remedy", one.remedy);
    json.end_object();
  }
  json.end_array();
}

// Of an end; null for a begin.
void write_end(JsonWriter& json, const lifecycle::Row& row) {
  const bool ended = row.event == lifecycle::Event::ended;
  const auto number = [&](std::string_view key, std::uint64_t value) {
    put_known(json, key, ended ? std::optional(value) : std::nullopt);
  };
  const auto traffic = [&](std::string_view key, Direction direction) {
    put_known(json, key,
              row.totals ? std::optional(bytes_of(*row.totals, direction).value) : std::nullopt);
  };
  put_seconds(json, "lived_s", row.lived);
  traffic("tx_bytes", Direction::tx);
  traffic("rx_bytes", Direction::rx);
  number("late_packets", row.late.packets.value);
  number("late_payload_bytes", row.late.payload.value);
  number("late_connections", row.late.connections);
  number("late_resets", row.late.resets);
  put_known(json, "refused_connections",
            row.pod ? std::optional(row.pod->refused + row.pod->refused_before) : std::nullopt);
  put_seconds(json, "tail_s", ended ? tail_of(row) : std::nullopt);
  put_known(json, "lossy", ended ? std::optional(lost_something(row)) : std::nullopt);
}

}  // namespace

void write_bursts(JsonWriter& json, const NodeState& state, const ApiRequest& request) {
  json.key("bursts");
  if (!state.bursts) {
    json.null();
    return;
  }
  const BurstFigures& bursts = *state.bursts;
  json.begin_object();
  put(json, "last_minute", bursts.last_minute);
  put(json, "missed_windows", bursts.missed_windows);
  put(json, "verdict", verdict_name(bursts.verdict));
  put(json, "window_s", seconds(bursts.window));
  json.key("recent").begin_array();
  std::size_t written = 0;
  for (const NumberedBurst& one : bursts.recent) {
    if (one.id <= request.bursts_after || written++ == request.most_bursts) break;
    write_burst(json, one.burst, one.id);
  }
  json.end_array().key("under_way").begin_array();
  for (const NamedBurst& one : bursts.under_way) write_burst(json, one, 0);
  json.end_array();
  write_last_second(json, bursts);
  json.end_object();
}

void write_credits(JsonWriter& json, const NodeState& state) {
  json.key("credits");
  if (!state.credits) {
    json.null();
    return;
  }
  const CreditReport& report = *state.credits;
  json.begin_object().key("instance").begin_object();
  put(json, "type", report.instance.name);
  put(json, "source", report.instance.source);
  put(json, "remark", report.instance.remark);
  json.end_object();
  for (const Direction direction : kCreditOrder) {
    write_direction(json, report.directions[direction]);
  }
  write_allowances(json, state);
  json.end_object();
}

void write_lifecycle(JsonWriter& json, const NodeState& state, const ApiRequest& request) {
  json.key("lifecycle");
  if (!state.ends) {
    json.null();
    return;
  }
  json.begin_array();
  for (const NumberedEnd& one : state.ends->recent) {
    if (one.id <= request.ends_after) break;
    const lifecycle::Row& row = one.row;
    json.begin_object();
    put(json, "id", one.id);
    put_time(json, "at", row.at.wall);
    put(json, "event", row.event == lifecycle::Event::begun ? "begun" : "ended");
    put(json, "name", row.name);
    put(json, "account", row.account);
    put(json, "label", row.label());
    put(json, "container", row.owner.container);
    put(json, "pod", row.owner.pod);
    put(json, "namespace", row.owner.k8s_namespace);
    write_end(json, row);
    json.end_object();
  }
  json.end_array();
}

}  // namespace cgtally::serve
