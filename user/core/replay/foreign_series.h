// SPDX-License-Identifier: Apache-2.0
// Series of other monitors: rows of a time and one figure for each direction, in the unit of that
// monitor. They become intervals with bytes, so that `credits` can replay them like our recordings.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/traffic/reading.h"
#include "core/traffic/traffic.h"

namespace cgtally {

enum class SeriesKind : std::uint8_t {
  rate,            // an amount per second, over the row's interval
  interval_bytes,  // bytes in the row's interval
  total_bytes,     // a counter
};

struct SeriesUnit {
  SeriesKind kind = SeriesKind::rate;
  double bytes = 1;  // bytes of one unit
};
// "bytes", "total", "bit/s", "kbit/s" ... "Gbit/s", "B/s", "kB/s", "MB/s", "KiB/s", "MiB/s".
[[nodiscard]] Result<SeriesUnit> parse_series_unit(std::string_view text);

// RFC 3339, seconds since 1970 (with a fraction), milliseconds since 1970 (13 digits), or
// "2026-11-18 09:12:04", which is read as UTC.
[[nodiscard]] std::optional<Nanoseconds> parse_series_time(std::string_view text);

struct SeriesRow {
  Nanoseconds time{};
  std::optional<double> rx;  // in the series' unit
  std::optional<double> tx;
};

struct SeriesInterval {
  Moment now;  // its end; a series has no boot clock, so both are wall time
  Nanoseconds elapsed{};
  Traffic moved;             // without packets
  Nanoseconds gap_before{};  // time before it that was not recorded
};

// Turns the rows of one file into intervals, one call of `on_interval` for each. It reads no file
// and knows no columns: adapters/csv does.
class ForeignSeries {
 public:
  using OnInterval = std::function<void(const SeriesInterval&)>;
  // `time_is_start`: a row's time is the begin of its interval, as in CloudWatch, not its end.
  ForeignSeries(SeriesUnit unit, bool time_is_start, OnInterval on_interval);

  // Rows must come in the order of their time; the Error names the first that does not.
  Result<void> add(const SeriesRow& row);
  void finish();
  [[nodiscard]] std::size_t restarts() const { return restarts_; }  // times a counter fell

 private:
  void emit(const SeriesRow& row, Nanoseconds end, Nanoseconds elapsed);

  SeriesUnit unit_;
  bool time_is_start_;
  OnInterval on_interval_;
  std::optional<SeriesRow> last_;
  std::optional<Nanoseconds> usual_;  // usual interval: the shortest time between two rows so far
  std::size_t restarts_ = 0;
};

}  // namespace cgtally
