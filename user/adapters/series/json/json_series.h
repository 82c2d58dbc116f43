// SPDX-License-Identifier: Apache-2.0
// JSON of other monitors: both answers of CloudWatch, sadf -j, vnstat --json and the range answers
// of Prometheus. Which one it is follows from the names in it.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

[[nodiscard]] Result<std::vector<Series>> read_json_series(std::istream& in,
                                                           const std::string& file,
                                                           const ReadOptions& options);

}  // namespace cgtally::series
