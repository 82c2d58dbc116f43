// SPDX-License-Identifier: Apache-2.0
// What the user may tell about the files of another monitor. Anything that is not told is found out
// from the file, or asked for by an Error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/series/numbers.h"
#include "core/series/series.h"

namespace cgtally::series {

struct ReadOptions {
  std::string time_column;
  PerDirection<std::string> columns;
  std::optional<SeriesUnit> unit;
  bool time_is_start = false;
  std::optional<Nanoseconds> period;
  std::string zone;       // of times without one: "Europe/Berlin"
  std::string statistic;  // of CloudWatch, lower case: "sum"
  DecimalMark decimal = DecimalMark::unknown;
  std::vector<std::string> interfaces;  // names or globs

  // Their names, as far as the user gave them: "--unit, --tz"; empty: none.
  [[nodiscard]] std::string told() const;
  [[nodiscard]] bool names_columns() const { return !columns.rx.empty() || !columns.tx.empty(); }
};

}  // namespace cgtally::series
