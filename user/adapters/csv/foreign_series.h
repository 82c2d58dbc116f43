// SPDX-License-Identifier: Apache-2.0
// Reads the CSV of another monitor. Finds the columns by the names that the user gives, and ignores
// all others. A field that is not a number is an Error with its line, never a zero; a row with an
// empty field was not measured, and is left out.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "core/base/result.h"
#include "core/replay/foreign_series.h"

namespace cgtally::csv {

struct SeriesColumns {
  std::string time = "time";
  std::string rx;  // empty: no such column
  std::string tx;
};

using OnSeriesRow = std::function<Result<void>(const SeriesRow& row)>;
[[nodiscard]] Result<void> for_each_series_row(std::istream& in, const std::string& name,
                                               const SeriesColumns& columns,
                                               const OnSeriesRow& on_row);

}  // namespace cgtally::csv
