// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/options.h"

#include <fmt/core.h>

#include <string_view>

namespace cgtally::series {

std::string ReadOptions::told() const {
  std::string names;
  const auto add = [&names](bool given, std::string_view name) {
    if (given) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  };
  add(!time_column.empty(), "--time-column");
  add(!columns.tx.empty(), "--tx-column");
  add(!columns.rx.empty(), "--rx-column");
  add(unit.has_value(), "--unit");
  add(time_is_start, "--time-is-start");
  add(period.has_value(), "--period");
  add(!zone.empty(), "--tz");
  add(!statistic.empty(), "--statistic");
  add(decimal != DecimalMark::unknown, "--decimal");
  return names;
}

}  // namespace cgtally::series
