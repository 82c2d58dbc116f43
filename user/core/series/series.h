// SPDX-License-Identifier: Apache-2.0
// A series of another monitor: one figure for each direction at each of its times, where it is
// from, and how its figures are to be read. Readers of each format (adapters/series) make one;
// intervals.h turns it into bytes per interval. What was not measured is missing, never 0.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/traffic/direction.h"

namespace cgtally {

enum class SeriesKind : std::uint8_t {
  rate,            // an amount per second, over the row's interval
  interval_bytes,  // bytes in the row's interval
  total_bytes,     // a counter
};

struct SeriesUnit {
  SeriesKind kind = SeriesKind::rate;
  double bytes = 1;  // bytes of one unit
  std::string name = "B/s";
};
// "bytes", "total", "bit/s", "kbit/s" ... "Gbit/s", "B/s", "kB/s", "MB/s", "KiB/s".
[[nodiscard]] Result<SeriesUnit> parse_series_unit(std::string_view text);

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
[[nodiscard]] inline bool is_missing(double value) { return std::isnan(value); }

// One row. A million of them are held at once, so it is kept small.
struct SeriesPoint {
  Nanoseconds time{};
  PerDirection<double> value{.rx = kMissing, .tx = kMissing};
  std::uint32_t period_s = 0;  // its length as the row itself says; 0: it does not
  std::uint32_t line = 0;      // 0: not of a line
};

// The files of one node make one Series; the readers make one for each node in a file.
struct Series {
  std::string file;    // "a.json", for messages
  std::string format;  // "CloudWatch JSON (get-metric-statistics)"
  std::string node;    // what was measured, as the file tells: a host, an instance; may be empty
  PerDirection<std::string> columns;  // "NetworkOut"; empty: the file has none
  SeriesUnit unit;
  bool figures_have_units = false;     // each figure of a text must bring its unit: "13.8 Gb/s"
  bool decimal_commas_likely = false;  // the file is one of semicolons: "1.234" may be a thousand
  bool time_is_start = false;          // a row's time is the begin of its interval, not its end
  bool since_a_start = false;          // times are small numbers, not dates
  std::optional<Nanoseconds> period;   // of a row, as the user told it
  std::vector<SeriesPoint> points;     // in any order
  std::vector<std::string> notes;      // what was assumed, each with its cure

  [[nodiscard]] bool has(Direction direction) const { return !columns[direction].empty(); }
};

// Replaces the unit that `writer` is known to write by the one that the user told, with a note if
// they differ.
void take_unit(Series& series, const SeriesUnit& told, std::string_view writer);

}  // namespace cgtally
