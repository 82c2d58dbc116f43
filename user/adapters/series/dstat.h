// SPDX-License-Identifier: Apache-2.0
// The CSV of dstat, pcp-dstat and dool: some lines about the run, a line with the groups of
// columns, one with their names, then rows.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

[[nodiscard]] Result<std::vector<Series>> read_dstat(std::istream& in, const std::string& file,
                                                     const ReadOptions& options);

}  // namespace cgtally::series
