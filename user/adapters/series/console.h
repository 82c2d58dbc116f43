// SPDX-License-Identifier: Apache-2.0
// The CSV that the CloudWatch console downloads for a graph: lines about the metrics, each with its
// name first and then one field for each metric, and rows of a time and one figure for each.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

[[nodiscard]] Result<std::vector<Series>> read_console(std::istream& in, char separator,
                                                       const std::string& file,
                                                       const ReadOptions& options);

}  // namespace cgtally::series
