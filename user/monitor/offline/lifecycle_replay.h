// SPDX-License-Identifier: Apache-2.0
// Begins and ends of containers from files: recordings of samples, and lifecycle CSVs.
#pragma once

#include <string>
#include <vector>

#include "adapters/csv/row_file.h"
#include "adapters/text/input.h"
#include "core/base/result.h"
#include "core/containers/grouping.h"

namespace cgtally::monitor {

struct LifecycleReplayOptions {
  std::vector<std::string> interfaces;  // names and globs, of samples; empty: all
  std::string account;                  // glob; empty: all
  Grouping by = Grouping::cgroup;
  csv::RowFile rows;
};

// The lines and the advice, as `lifecycle` would have shown them. Writes the rows.
[[nodiscard]] Result<std::string> replay_lifecycle(std::vector<text::Input>& inputs,
                                                   const LifecycleReplayOptions& options);

}  // namespace cgtally::monitor
