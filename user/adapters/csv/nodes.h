// SPDX-License-Identifier: Apache-2.0
// The CSV of `replay --csv` for files of other monitors: one row for each node and direction, the
// most urgent first.
#pragma once

#include <string>

#include "core/nodes/node_table.h"

namespace cgtally::csv {

[[nodiscard]] std::string nodes_header();  // one line, with its '\n'
[[nodiscard]] std::string nodes_row(const NodeRow& row);

}  // namespace cgtally::csv
