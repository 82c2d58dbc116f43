// SPDX-License-Identifier: Apache-2.0
// Makes a Series of the texts of its rows, whatever the format. Times, numbers and missing values
// are understood here once; what can be read two ways becomes an Error with line, column and cure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/series/common/options.h"
#include "adapters/series/common/zone.h"
#include "core/series/numbers.h"
#include "core/series/series.h"
#include "core/series/times.h"

namespace cgtally::series {

// The Error for a column whose figures have no unit, and nobody told it.
[[nodiscard]] Error unit_missing(const std::string& file, const std::string& column);

// One row as it stands in the file. Empty texts are missing values.
struct RowText {
  std::string_view time;
  PerDirection<std::string_view> values = {};
  std::uint32_t line = 0;
  std::uint32_t period_s = 0;
};

// Collects the rows of one series. A reader makes one for each series in its file, adds the rows in
// the order of the file, and calls finish() once.
class SeriesBuilder {
 public:
  // `shape`: all but points and notes.
  SeriesBuilder(const ReadOptions& options, Series shape);

  [[nodiscard]] Result<void> add(const RowText& row);
  // For formats whose numbers are numbers already.
  [[nodiscard]] Result<void> add(std::string_view time, const PerDirection<double>& values,
                                 std::uint32_t period_s = 0);
  void add(const SeriesPoint& point) { series_.points.push_back(point); }
  [[nodiscard]] Series& series() { return series_; }
  [[nodiscard]] Result<Series> finish() &&;

 private:
  struct Doubt {
    std::size_t point = 0;
    Direction direction = Direction::tx;
    double with_comma = 0;
  };

  // A date with slashes that can be read two ways.
  struct EitherDate {
    std::size_t point = 0;
    Nanoseconds month_first{};
  };

  [[nodiscard]] Result<void> add_time(std::string_view text, std::uint32_t line);
  [[nodiscard]] Result<double> value_of(std::string_view text, Direction direction,
                                        std::uint32_t line);
  [[nodiscard]] Result<double> with_unit(std::string_view text, Direction direction,
                                         std::uint32_t line);
  [[nodiscard]] std::string location(std::uint32_t line, std::string_view column) const;
  [[nodiscard]] Result<void> learn_order(const ReadTime& time, std::string_view text,
                                         std::uint32_t line);
  [[nodiscard]] Result<void> settle_dates();
  [[nodiscard]] Result<void> settle_numbers();
  [[nodiscard]] Error points_in_doubt() const;
  [[nodiscard]] Result<void> settle_times();
  [[nodiscard]] bool set_back(std::size_t i, Nanoseconds step, bool newest_first) const;
  [[nodiscard]] Result<void> check_clock() const;
  [[nodiscard]] Result<void> check_days() const;
  void settle_clocks();
  void note_small_times();

  const ReadOptions& options_;
  Series series_;
  NumberReader numbers_;
  std::vector<Doubt> doubts_;
  std::uint32_t in_doubt_line_ = 0;
  Direction in_doubt_direction_ = Direction::tx;
  DateOrder order_ = DateOrder::none;
  std::string order_from_;  // "line 7: 26/11/2026"
  std::vector<EitherDate> either_dates_;
  std::string either_text_;  // of the first of them
  bool local_ = false;       // times without a zone
  bool clock_only_ = false;  // and without a date
  bool units_ = false;       // values with a unit of their own
};

}  // namespace cgtally::series
