// SPDX-License-Identifier: Apache-2.0
#include "core/serve/api/api_document.h"

#include <fmt/core.h>

#include "core/serve/api/json_values.h"

namespace cgtally::serve {
namespace {

void write_ledger(JsonWriter& json, const NodeState& state) {
  const LedgerSummary& summary = state.ledger.summary;
  json.key("ledger").begin_object();
  put(json, "id", state.ledger.id);
  put_time(json, "since", summary.since.wall);
  put(json, "slots_used", std::uint64_t{summary.slots_used});
  put(json, "slots", std::uint64_t{summary.slots_total});
  put(json, "overflow_bytes", state.ledger.overflow_bytes);
  put(json, "bytes", state.ledger.map_bytes);
  json.end_object();
}

void write_keeper(JsonWriter& json, const NodeState& state) {
  json.key("keeper");
  if (!state.keeper) {
    json.null();
    return;
  }
  json.begin_object();
  put(json, "up", state.keeper->up);
  put_time(json, "last_active", state.keeper->last_active);
  json.end_object();
}

void write_replay(JsonWriter& json, const NodeState& state) {
  json.key("replay");
  if (!state.replay) {
    json.null();
    return;
  }
  json.begin_object();
  put_time(json, "at", state.replay->at);
  put_time(json, "end", state.replay->end);
  put(json, "over", state.replay->over);
  json.end_object();
}

void write_cost(JsonWriter& json, const NodeState& state, const ServerFacts& server) {
  json.key("cost").begin_object();
  put(json, "cpu_s", seconds(state.process.cpu));
  put(json, "memory_bytes", state.process.resident_bytes);
  put(json, "connections", server.connections);
  std::optional<double> per_packet;
  if (state.cost && state.cost->program_runs > 0) {
    per_packet = static_cast<double>(state.cost->program_time.count()) /
                 static_cast<double>(state.cost->program_runs);
  }
  put_known(json, "program_ns_per_packet", per_packet);
  json.end_object();
}

}  // namespace

void write_status(JsonWriter& json, const NodeState& state, const ServerFacts& server) {
  json.key("status").begin_object();
  put(json, "version", state.version);
  put(json, "host", state.host);
  put(json, "interval_s", seconds(state.every));
  put(json, "kind", source_name(state.source));
  write_ledger(json, state);
  put(json, "counting", state.counting);
  write_keeper(json, state);
  write_replay(json, state);
  json.key("accounts").begin_object();
  put(json, "exported", std::uint64_t{state.series.exported});
  put(json, "rest", std::uint64_t{state.series.rest});
  put(json, "ended", std::uint64_t{state.series.ended});
  json.end_object();
  write_cost(json, state, server);
  json.key("notices").begin_array();
  for (const std::string& notice : state.notices) json.value(notice);
  json.end_array().end_object();
}

std::string api_document(const NodeState& state, const ServerFacts& server,
                         const ApiRequest& request) {
  JsonWriter json;
  json.begin_object();
  put_time(json, "time", state.taken.wall);
  put(json, "interval_s", seconds(state.interval));
  put(json, "sequence", state.sequence);
  if ((request.parts & kStatus) != 0) write_status(json, state, server);
  if ((request.parts & kInterfaces) != 0) write_interfaces(json, state);
  if ((request.parts & kAccounts) != 0) write_accounts(json, state, request);
  if ((request.parts & kBursts) != 0) write_bursts(json, state, request);
  if ((request.parts & kCredits) != 0) write_credits(json, state);
  if ((request.parts & kLifecycle) != 0) write_lifecycle(json, state, request);
  json.end_object();
  return std::move(json).document();
}

std::string error_document(std::string_view what, std::string_view hint) {
  JsonWriter json;
  json.begin_object();
  put(json, "error", what);
  put(json, "hint", hint);
  json.end_object();
  return std::move(json).document();
}

}  // namespace cgtally::serve
