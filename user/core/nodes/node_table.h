// SPDX-License-Identifier: Apache-2.0
// Several nodes of one instance type, judged by their recordings and ranked by how soon they are
// empty: those that were exhausted first, then those that drain, then by what was left at least.
#pragma once

#include <string>
#include <vector>

#include "core/credits/replay.h"

namespace cgtally {

// One node; `name` must be harmless to print.
struct JudgedNode {
  std::string name;
  CreditReplayResult result;
};

// One direction of a node, which is a row of the table and of its CSV.
struct NodeRow {
  std::string name;
  Direction direction = Direction::tx;
  CreditState state = CreditState::unknown;  // at the end
  CreditHistory history;
  ByteRange balance;
  std::optional<TimeToEmpty> empty;
  Nanoseconds begin{};  // wall
  Nanoseconds end{};
};

// The rows of all nodes, the most urgent first.
[[nodiscard]] std::vector<NodeRow> ranked_rows(const std::vector<JudgedNode>& nodes);
[[nodiscard]] std::vector<std::string> node_table(const std::vector<NodeRow>& rows);

}  // namespace cgtally
