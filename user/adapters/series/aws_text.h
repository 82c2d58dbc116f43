// SPDX-License-Identifier: Apache-2.0
// What `aws cloudwatch get-metric-statistics` and `get-metric-data` print with --output text and
// --output table.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

[[nodiscard]] bool is_aws_text(std::string_view head);
[[nodiscard]] bool is_aws_table(std::string_view head);
[[nodiscard]] Result<std::vector<Series>> read_aws_text(std::istream& in, const std::string& file,
                                                        bool table, const ReadOptions& options);

}  // namespace cgtally::series
