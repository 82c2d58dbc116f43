// SPDX-License-Identifier: Apache-2.0
// The table of `cgtally totals`: an account a line, most bytes first; below it the sum, and since
// when it counts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/totals/report.h"

namespace cgtally {

// The lines fit into `width` columns, at least 80. Rows beyond the first `most` are one line.
[[nodiscard]] std::vector<std::string> totals_table(const TotalsReport& report, std::size_t most,
                                                    std::size_t width);

}  // namespace cgtally
