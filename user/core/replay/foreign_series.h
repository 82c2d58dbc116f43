// SPDX-License-Identifier: Apache-2.0
// Traffic as other monitors write it down: a time and one figure for each direction, in whatever
// unit. Turned into intervals with bytes, so that it can be judged like a recording of our own.
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
  rate,            // so much a second, over the row's interval
  interval_bytes,  // bytes in the row's interval
  total_bytes,     // a counter
};

struct SeriesUnit {
  SeriesKind kind = SeriesKind::rate;
  double bytes = 1;  // that one unit is worth
};
// "bytes", "total", "bit/s", "kbit/s" ... "Gbit/s", "B/s", "kB/s", "MB/s", "KiB/s", "MiB/s".
[[nodiscard]] Result<SeriesUnit> parse_series_unit(std::string_view text);

// RFC 3339, seconds since 1970 (with a fraction, or in milliseconds where it has 13 digits), or
// "2026-11-18 09:12:04", which is taken for UTC.
[[nodiscard]] std::optional<Nanoseconds> parse_series_time(std::string_view text);

struct SeriesRow {
  Nanoseconds time{};
  std::optional<double> rx;  // in the series' unit
  std::optional<double> tx;
};

struct SeriesInterval {
  Moment now;  // its end; there is no boot clock in it, so both are wall time
  Nanoseconds elapsed{};
  Traffic moved;             // without packets
  Nanoseconds gap_before{};  // not recorded
};

class ForeignSeries {
 public:
  using OnInterval = std::function<void(const SeriesInterval&)>;
  // `time_is_start`: a row's time is where its interval begins, as CloudWatch has it.
  ForeignSeries(SeriesUnit unit, bool time_is_start, OnInterval on_interval);

  // In the order of their time; an Error says where they are not.
  Result<void> add(const SeriesRow& row);
  void finish();
  [[nodiscard]] std::size_t restarts() const { return restarts_; }  // counters that began anew

 private:
  void emit(const SeriesRow& row, Nanoseconds end, Nanoseconds elapsed);

  SeriesUnit unit_;
  bool time_is_start_;
  OnInterval on_interval_;
  std::optional<SeriesRow> last_;
  std::optional<Nanoseconds> usual_;  // the shortest distance of two rows so far
  std::size_t restarts_ = 0;
};

}  // namespace cgtally
