// SPDX-License-Identifier: Apache-2.0
// The totals CSV: one row for each interface and account. The columns have the names and the order
// that they have in the samples CSV; new ones are appended, those of TCP with `_total`.
#pragma once

#include <string>

#include "core/totals/report.h"

namespace cgtally::csv {

[[nodiscard]] std::string totals_header();  // one line, with its '\n'
// Likewise; `row` is one of the report's.
[[nodiscard]] std::string totals_row(const TotalsReport& report, const TotalsRow& row);

}  // namespace cgtally::csv
