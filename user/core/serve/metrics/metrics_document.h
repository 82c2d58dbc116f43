// SPDX-License-Identifier: Apache-2.0
// The answer at /metrics. docs/metrics.md lists its names, which are never changed or removed.
#pragma once

#include <string>

#include "core/serve/metrics/exposition.h"
#include "core/serve/node_state.h"

namespace cgtally::serve {

[[nodiscard]] std::string metrics_document(const NodeState& state, const ServerFacts& server,
                                           ExpositionFormat format);

// Its parts, each in a file of its own.
void write_traffic(ExpositionWriter& out, const NodeState& state);  // accounts and interfaces
void write_ledger(ExpositionWriter& out, const NodeState& state);
void write_credits(ExpositionWriter& out, const NodeState& state);  // and allowance counters
void write_bursts(ExpositionWriter& out, const NodeState& state);
void write_ends(ExpositionWriter& out, const NodeState& state);
void write_cost(ExpositionWriter& out, const NodeState& state, const ServerFacts& server);

}  // namespace cgtally::serve
