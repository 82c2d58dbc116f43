// SPDX-License-Identifier: Apache-2.0
// A CSV of another monitor: its columns are found by the names that the user gives, all others are
// passed over. A field that is no number is an error with its line, never a zero; an empty one is a
// row that was not measured, and left out.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "core/base/result.h"
#include "core/replay/foreign_series.h"

namespace cgtally::csv {

struct SeriesColumns {
  std::string time = "time";
  std::string rx;  // empty: there is none
  std::string tx;
};

using OnSeriesRow = std::function<Result<void>(const SeriesRow& row)>;
[[nodiscard]] Result<void> for_each_series_row(std::istream& in, const std::string& name,
                                               const SeriesColumns& columns,
                                               const OnSeriesRow& on_row);

}  // namespace cgtally::csv
