// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/series/series.h"

namespace cgtally {

Result<SeriesUnit> parse_series_unit(std::string_view text) {
  struct Known {
    std::string_view name;
    SeriesKind kind;
    double bytes;
  };
  static constexpr std::array<Known, 14> kUnits{{
      {"bytes", SeriesKind::interval_bytes, 1},
      {"total", SeriesKind::total_bytes, 1},
      {"bit/s", SeriesKind::rate, 1.0 / 8},
      {"kbit/s", SeriesKind::rate, 1e3 / 8},
      {"Mbit/s", SeriesKind::rate, 1e6 / 8},
      {"Gbit/s", SeriesKind::rate, 1e9 / 8},
      {"B/s", SeriesKind::rate, 1},
      {"kB/s", SeriesKind::rate, 1e3},
      {"MB/s", SeriesKind::rate, 1e6},
      {"GB/s", SeriesKind::rate, 1e9},
      {"KiB/s", SeriesKind::rate, 1024},
      {"MiB/s", SeriesKind::rate, 1024.0 * 1024},
      {"GiB/s", SeriesKind::rate, 1024.0 * 1024 * 1024},
      {"bps", SeriesKind::rate, 1.0 / 8},
  }};
  const auto found = std::ranges::find(kUnits, text, &Known::name);
  if (found != kUnits.end()) {
    return SeriesUnit{.kind = found->kind, .bytes = found->bytes, .name = std::string(text)};
  }
  return std::unexpected(usage_error(fmt::format("\"{}\" is not a unit of a column", text),
                                     "give bytes (in the interval), total (a counter), or a rate "
                                     "such as bit/s, Mbit/s, B/s, kB/s, KiB/s"));
}

void take_unit(Series& series, const SeriesUnit& told, std::string_view writer) {
  if (told.kind != series.unit.kind || told.bytes != series.unit.bytes) {
    series.notes.push_back(fmt::format("{} writes {}; read as {}, as --unit says", writer,
                                       series.unit.name, told.name));
  }
  series.unit = told;
}

}  // namespace cgtally
