// SPDX-License-Identifier: Apache-2.0
// The text of ifstat -t: a line with the interfaces, one with their columns, both repeated now and
// then, and rows that begin with the time of day.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

[[nodiscard]] Result<std::vector<Series>> read_ifstat(std::istream& in, const std::string& file,
                                                      const ReadOptions& options);

}  // namespace cgtally::series
