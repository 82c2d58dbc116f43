// SPDX-License-Identifier: Apache-2.0
#include "core/serve/metrics/metrics_document.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace cgtally::serve {
namespace {

double seconds_of(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void gauge(ExpositionWriter& out, std::string_view name, std::string_view help, auto value) {
  out.family(name, MetricType::gauge, help);
  out.sample({}, value);
}

void write_slots(ExpositionWriter& out, const NodeState& state) {
  const LedgerSummary& summary = state.ledger.summary;
  if (state.source != Source::replay) {
    gauge(out, "cgtally_ledger_slots", "Room for accounts in the ledger.",
          std::uint64_t{summary.slots_total});
    gauge(out, "cgtally_ledger_slots_used", "Slots of the ledger that accounts have taken.",
          std::uint64_t{summary.slots_used});
  }
  out.family("cgtally_ledger_overflow_bytes", MetricType::counter,
             "Bytes counted on (overflow) because the ledger was full, both directions.");
  out.sample({}, state.ledger.overflow_bytes, summary.since.wall);
  if (state.ledger.map_bytes == 0) return;
  gauge(out, "cgtally_ledger_bytes", "Memory of the ledger's maps.", state.ledger.map_bytes);
}

void write_requests(ExpositionWriter& out, const NodeState& state, const ServerFacts& server) {
  gauge(out, "cgtally_http_connections", "Connections that are open now.", server.connections);
  out.family("cgtally_http_requests", MetricType::counter, "Requests answered, by status code.");
  for (const auto& [code, count] : server.requests) {
    out.sample({{"code", fmt::format("{}", code)}}, count, state.process.started);
  }
  out.family("cgtally_http_refused_connections", MetricType::counter,
             "Connections closed because too many were open, or because they were too slow.");
  out.sample({}, server.refused, state.process.started);
}

}  // namespace

void write_ledger(ExpositionWriter& out, const NodeState& state) {
  gauge(out, "cgtally_ledger_start_time_seconds",
        "When the totals of the ledger began, as Unix time.",
        seconds_of(state.ledger.summary.since.wall));
  out.family("cgtally_ledger_info", MetricType::gauge, "The ledger that is read, and its host.");
  out.sample(
      {{"ledger", state.ledger.id}, {"kind", source_name(state.source)}, {"host", state.host}},
      true);
  gauge(out, "cgtally_counting", "Whether programs count now.", state.counting);
  if (state.keeper) {
    gauge(out, "cgtally_keeper_up", "Whether the keeper of the pinned ledger lives.",
          state.keeper->up);
    gauge(out, "cgtally_keeper_last_active_time_seconds",
          "When a keeper last looked after the ledger, as Unix time.",
          seconds_of(state.keeper->last_active));
  }
  write_slots(out, state);
  gauge(out, "cgtally_snapshot_time_seconds",
        "When the figures of this answer were read, as Unix time.", seconds_of(state.taken.wall));
  out.family("cgtally_accounts", MetricType::gauge,
             "Accounts of cgroups: with series, in (rest), and ended ones that still have series.");
  out.sample({{"state", "exported"}}, std::uint64_t{state.series.exported});
  out.sample({{"state", "rest"}}, std::uint64_t{state.series.rest});
  out.sample({{"state", "ended"}}, std::uint64_t{state.series.ended});
}

void write_cost(ExpositionWriter& out, const NodeState& state, const ServerFacts& server) {
  if (state.cost && state.cost->program_runs > 0) {
    out.family("cgtally_program_runs", MetricType::counter, "Runs of the BPF programs.");
    out.sample({}, state.cost->program_runs, state.ledger.summary.since.wall);
    out.family("cgtally_program_seconds", MetricType::counter, "Time spent in the BPF programs.");
    out.sample({}, seconds_of(state.cost->program_time));
  }
  write_requests(out, state, server);
  out.family("cgtally_build_info", MetricType::gauge, "The version of cgtally.");
  out.sample({{"version", state.version}, {"abi", fmt::format("{}", state.abi)}}, true);
  out.family("process_cpu_seconds", MetricType::counter, "CPU time of this process.");
  out.sample({}, seconds_of(state.process.cpu));
  gauge(out, "process_resident_memory_bytes", "Resident memory of this process.",
        state.process.resident_bytes);
  gauge(out, "process_start_time_seconds", "When this process began, as Unix time.",
        seconds_of(state.process.started));
}

std::string metrics_document(const NodeState& state, const ServerFacts& server,
                             ExpositionFormat format) {
  ExpositionWriter out(format);
  write_traffic(out, state);
  write_ledger(out, state);
  write_credits(out, state);
  write_bursts(out, state);
  write_ends(out, state);
  write_cost(out, state, server);
  return std::move(out).text();
}

}  // namespace cgtally::serve
