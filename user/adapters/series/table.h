// SPDX-License-Identifier: Apache-2.0
// Tables of text with a header: CSV with commas, semicolons or tabs from anywhere, sadf -d,
// Grafana's two kinds, the download of the CloudWatch console, dstat. Columns are found by the
// names that the user gives, or by those that these programs write.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

// What the head of a file shows of its kind.
enum class TableKind : std::uint8_t { plain, sadf, dstat, console, ifstat };
[[nodiscard]] TableKind table_kind(std::string_view head);

[[nodiscard]] Result<std::vector<Series>> read_table(std::istream& in, std::string_view head,
                                                     const std::string& file,
                                                     const ReadOptions& options);

}  // namespace cgtally::series
