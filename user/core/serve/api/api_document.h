// SPDX-License-Identifier: Apache-2.0
// The JSON of /api/v1. docs/api.md lists its keys, which are never renamed or removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/serve/node_state.h"

namespace cgtally::serve {

// The parts of a document, as bits.
enum Part : unsigned {
  kStatus = 1,
  kInterfaces = 2,
  kAccounts = 4,
  kBursts = 8,
  kCredits = 16,
  kLifecycle = 32,
  kAllParts = 63,
};

enum class AccountOrder : std::uint8_t { rate, total };

struct ApiRequest {
  unsigned parts = kAllParts;
  std::size_t top = 1000;  // accounts
  AccountOrder order = AccountOrder::rate;
  // Bursts and ends with a higher id only.
  std::uint64_t bursts_after = 0;
  std::uint64_t ends_after = 0;
  std::size_t most_bursts = 200;
};

[[nodiscard]] std::string api_document(const NodeState& state, const ServerFacts& server,
                                       const ApiRequest& request);
// {"error": what, "hint": hint}
[[nodiscard]] std::string error_document(std::string_view what, std::string_view hint);

// Its parts, each in a file of its own.
void write_status(JsonWriter& json, const NodeState& state, const ServerFacts& server);
void write_interfaces(JsonWriter& json, const NodeState& state);
void write_accounts(JsonWriter& json, const NodeState& state, const ApiRequest& request);
void write_bursts(JsonWriter& json, const NodeState& state, const ApiRequest& request);
void write_credits(JsonWriter& json, const NodeState& state);
void write_lifecycle(JsonWriter& json, const NodeState& state, const ApiRequest& request);

}  // namespace cgtally::serve
