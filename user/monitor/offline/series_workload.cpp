// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/series_workload.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "monitor/offline/series_nodes.h"

namespace cgtally::monitor {

Result<MeasuredWorkload> workload_of(Series& series) {
  MeasuredWorkload result;
  Nanoseconds unknown{};
  result.load.steps.reserve(series.points.size());
  const auto facts = make_intervals(series, [&](const SeriesInterval& interval) {
    sizing::WorkloadStep step{.elapsed = interval.length, .traffic = {}};
    bool missing = false;
    const auto amount = [&](Direction direction) {
      if (!series.has(direction)) return Bytes{};
      missing |= is_missing(interval.bytes[direction]);
      return Bytes{missing ? 0
                           : static_cast<std::uint64_t>(
                                 std::llround(std::clamp(interval.bytes[direction], 0.0, 9e18)))};
    };
    step.traffic.rx_bytes = amount(Direction::rx);
    step.traffic.tx_bytes = amount(Direction::tx);
    if (missing) {
      unknown += interval.length;
    } else {
      result.load.steps.push_back(step);
    }
  });
  if (!facts) return std::unexpected(facts.error());
  series.points = {};
  if (result.load.steps.empty()) {
    return std::unexpected(Error{.what = fmt::format("{}: no row has a figure", series.file),
                                 .hint = "export a longer time"});
  }
  for (const std::string& line : source_lines(series, *facts)) result.sources += line + "\n";
  for (const std::string& line : note_lines(series, *facts)) result.notes += line + "\n";
  const auto note = [&result](const std::string& sentence) {
    for (const std::string& line : note_line(sentence)) result.notes += line + "\n";
  };
  if (unknown > Nanoseconds::zero()) {
    note(fmt::format("{} are not known, and count for nothing", format_duration(unknown)));
  }
  for (const Direction direction : kDirections) {
    if (series.has(direction)) continue;
    note(fmt::format("{} traffic is not in the file: only the other direction is judged",
                     direction == Direction::rx ? "received" : "sent"));
  }
  return result;
}

}  // namespace cgtally::monitor
