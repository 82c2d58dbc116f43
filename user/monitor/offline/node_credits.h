// SPDX-License-Identifier: Apache-2.0
// The credits of one or several nodes by the files of other monitors: each node is judged by the
// same instance's limits, and several are ranked by how soon they are empty.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/series/series.h"
#include "monitor/offline/credit_replayer.h"

namespace cgtally::monitor {

// The text of the screen: all of one node, a line for each of several. Writes the rows of --credits
// and, for `file`, one row for each node and direction.
[[nodiscard]] Result<std::string> judge_nodes(std::vector<Series> nodes,
                                              const ReplayCreditOptions& options,
                                              const csv::RowFile& file);

// The figures of one node against several types, --as.
[[nodiscard]] Result<std::string> compare_types(std::vector<Series> nodes,
                                                const ReplayCreditOptions& options,
                                                const csv::RowFile& file);

}  // namespace cgtally::monitor
