// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally::series {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Bytes of one unit as Grafana and others write it after a figure; 0: not known. A small b is a
// bit, as everywhere in Grafana.
double bytes_of_suffix(std::string_view unit) {
  static constexpr std::array<std::pair<std::string_view, double>, 7> kScales{
      {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"K", 1e3}}};
  static constexpr std::array<std::pair<std::string_view, double>, 4> kBinary{
      {{"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}}};
  static constexpr std::array<std::pair<std::string_view, double>, 12> kEnds{{{"bit/s", 1.0 / 8},
                                                                              {"Bit/s", 1.0 / 8},
                                                                              {"bits/sec", 1.0 / 8},
                                                                              {"bytes/sec", 1},
                                                                              {"B/sec", 1},
                                                                              {"Bs", 1},
                                                                              {"bps", 1.0 / 8},
                                                                              {"b/s", 1.0 / 8},
                                                                              {"bits/s", 1.0 / 8},
                                                                              {"B/s", 1},
                                                                              {"Bps", 1},
                                                                              {"bytes/s", 1}}};
  for (const auto& [end, bytes] : kEnds) {
    if (!unit.ends_with(end)) continue;
    const std::string_view scale = unit.substr(0, unit.size() - end.size());
    for (const auto& [name, factor] : kScales) {
      if (name == scale) return factor * bytes;
    }
    for (const auto& [name, factor] : kBinary) {
      if (name == scale) return factor * bytes;
    }
  }
  return 0;
}

// A spreadsheet's days since 1900, of 2000 to 2100, read as seconds: rows of minutes or hours are
// less than 50 ms apart.
bool may_be_days_of_a_spreadsheet(const std::vector<SeriesPoint>& points) {
  if (points.size() < 2) return false;
  const auto [first, last] = std::ranges::minmax_element(points, {}, &SeriesPoint::time);
  const Nanoseconds span = last->time - first->time;
  return first->time >= std::chrono::seconds{36'526} && last->time < std::chrono::seconds{73'051} &&
         span > Nanoseconds::zero() &&
         span / static_cast<std::int64_t>(points.size() - 1) < std::chrono::milliseconds{50};
}

// True if no time of day is one that a clock of twelve hours cannot show.
bool within_twelve_hours(const std::vector<SeriesPoint>& points) {
  return std::ranges::all_of(points, [](const SeriesPoint& point) {
    const Nanoseconds of_day = point.time % Nanoseconds(std::chrono::hours{24});
    return of_day >= std::chrono::hours{1} && of_day < std::chrono::hours{13};
  });
}

bool mostly_falls(const std::vector<SeriesPoint>& points) {
  std::size_t falls = 0;
  for (std::size_t i = 1; i < points.size(); ++i)
    falls += points[i].time < points[i - 1].time ? 1 : 0;
  return falls > points.size() / 2;
}

// The first marks that most files with figures and units have in common.
std::size_t end_of_figure(std::string_view text) {
  std::size_t end = text.starts_with('-') ? 1 : 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.' || text[end] == ',')) ++end;
  return end;
}

}  // namespace

Error unit_missing(const std::string& file, const std::string& column) {
  return usage_error(
      fmt::format("{}: the unit of column {} is not in the file", file, printable(column)),
      "give it: --unit bytes (in the interval), --unit total (a counter), --unit Mbit/s");
}

SeriesBuilder::SeriesBuilder(const ReadOptions& options, Series shape)
    : options_(options), series_(std::move(shape)), numbers_(options.decimal) {
  series_.period = options.period;
  series_.time_is_start |= options.time_is_start;
}

std::string SeriesBuilder::location(std::uint32_t line, std::string_view column) const {
  const std::string row = line > 0 ? fmt::format(": line {}", line) : "";
  return fmt::format("{}{}: column {}", series_.file, row, column);
}

// Begins a point.
Result<void> SeriesBuilder::add_time(std::string_view text, std::uint32_t line) {
  const auto time = parse_series_time(text);
  if (!time) return std::unexpected(Error(time.error()).within(location(line, "of the time")));
  if (!time->zone.empty() && options_.zone.empty()) {
    return std::unexpected(
        Error{.what = fmt::format("{}: the zone {} of \"{}\" is not known",
                                  location(line, "of the time"), time->zone, text),
              .hint = "say which it is: --tz Europe/Berlin, or --tz +01:00"});
  }
  if (auto known = learn_order(*time, text, line); !known) return known;
  local_ |= time->local;
  clock_only_ |= time->clock_only;
  series_.points.push_back({.time = time->value, .line = line});
  return {};
}

Result<void> SeriesBuilder::learn_order(const ReadTime& time, std::string_view text,
                                        std::uint32_t line) {
  if (time.order == DateOrder::none) return {};
  if (time.order == DateOrder::either) {
    if (either_dates_.empty()) either_text_ = text;
    either_dates_.push_back({series_.points.size(), time.month_first});
    return {};
  }
  if (order_ == DateOrder::none) {
    order_ = time.order;
    order_from_ = fmt::format("\"{}\" of line {}", text, line);
  }
  if (order_ == time.order) return {};
  return std::unexpected(
      Error{.what = fmt::format("{}: \"{}\" has the {} first, and {} the other",
                                location(line, "of the time"), text,
                                time.order == DateOrder::day_first ? "day" : "month", order_from_),
            .hint = "export the file with times such as 2026-11-26 10:00:00"});
}

// Dates with slashes: one with a day after the 12th tells the order of all.
Result<void> SeriesBuilder::settle_dates() {
  if (either_dates_.empty() || order_ == DateOrder::day_first) return {};
  if (order_ == DateOrder::month_first) {
    for (const EitherDate& one : either_dates_) series_.points[one.point].time = one.month_first;
    return {};
  }
  const std::uint32_t line = series_.points[either_dates_.front().point].line;
  return std::unexpected(
      Error{.what = fmt::format("{}: \"{}\" can be read two ways: day or month first",
                                location(line, "of the time"), either_text_),
            .hint = "export the file with times such as 2026-11-26 10:00:00"});
}

Result<void> SeriesBuilder::add(const RowText& row) {
  if (auto begun = add_time(trimmed(row.time), row.line); !begun) return begun;
  series_.points.back().period_s = row.period_s;
  for (const Direction direction : kDirections) {
    if (!series_.has(direction)) continue;
    const auto value = value_of(row.values[direction], direction, row.line);
    if (!value) return std::unexpected(value.error());
    series_.points.back().value[direction] = *value;
  }
  return {};
}

Result<void> SeriesBuilder::add(std::string_view time, const PerDirection<double>& values,
                                std::uint32_t period_s) {
  for (const Direction direction : kDirections) {
    if (values[direction] >= 0 || is_missing(values[direction])) continue;
    return std::unexpected(
        Error{.what = fmt::format("{} {}: {} is not an amount of traffic",
                                  location(0, series_.columns[direction]), time, values[direction]),
              .hint = "export a metric of bytes"});
  }
  if (auto begun = add_time(time, 0); !begun) return begun;
  series_.points.back().value = values;
  series_.points.back().period_s = period_s;
  return {};
}

Result<double> SeriesBuilder::value_of(std::string_view text, Direction direction,
                                       std::uint32_t line) {
  const bool doubted = !numbers_.in_doubt().empty();
  auto read = numbers_.read(text);
  if (!read) {
    auto other = with_unit(trimmed(text), direction, line);
    if (other) return *other;
    Error& error = other.error().what.empty() ? read.error() : other.error();
    return std::unexpected(std::move(error).within(location(line, series_.columns[direction])));
  }
  if (series_.unit.kind == SeriesKind::total_bytes && lacks_digits(text)) {
    return std::unexpected(
        Error{.what = fmt::format("{}: {} is rounded: what the counter gained is in the digits "
                                  "that are missing",
                                  location(line, series_.columns[direction]), trimmed(text)),
              .hint = "show it as a number without exponent, and export it again"});
  }
  if (read->other) {
    doubts_.push_back({series_.points.size() - 1, direction, *read->other});
  }
  if (series_.figures_have_units && read->value > 0) {
    return std::unexpected(unit_missing(series_.file, series_.columns[direction]));
  }
  if (!doubted && !numbers_.in_doubt().empty()) {
    in_doubt_line_ = line;
    in_doubt_direction_ = direction;
  }
  return read->value;
}

// "13.8 Gb/s": a figure that brings its unit.
Result<double> SeriesBuilder::with_unit(std::string_view text, Direction direction,
                                        std::uint32_t line) {
  const std::size_t end = end_of_figure(text);
  const double bytes = bytes_of_suffix(trimmed(text.substr(end)));
  auto figure = numbers_.read(text.substr(0, end));
  if (end == 0 || bytes == 0) return std::unexpected(Error{.what = "", .hint = ""});
  if (!figure) return std::unexpected(std::move(figure).error());
  if (!units_) {
    if (series_.unit.kind != SeriesKind::rate) {
      return std::unexpected(Error{.what = "", .hint = ""});
    }
    units_ = true;
    series_.notes.push_back(fmt::format("{}: figures have units of their own (line {}: \"{}\")",
                                        series_.columns[direction], line, text));
  }
  return figure->value * bytes / series_.unit.bytes;
}

// "40.000" where decimal commas are usual: forty, or forty thousand.
Error SeriesBuilder::points_in_doubt() const {
  const Doubt& first = doubts_.front();
  const SeriesPoint& point = series_.points[first.point];
  return {.what = fmt::format("{}: \"{:.3f}\" can be read two ways: {} or {}",
                              location(point.line, series_.columns[first.direction]),
                              point.value[first.direction], point.value[first.direction],
                              first.with_comma),
          .hint = "say which mark is before the decimals: --decimal point or --decimal comma",
          .failure = Failure::usage};
}

Result<void> SeriesBuilder::settle_numbers() {
  const DecimalMark mark = numbers_.mark();
  if (mark == DecimalMark::unknown && !numbers_.in_doubt().empty()) {
    std::string thousands = numbers_.in_doubt();
    std::erase(thousands, ',');
    std::string decimal = numbers_.in_doubt();
    std::ranges::replace(decimal, ',', '.');
    return std::unexpected(
        Error{.what = fmt::format("{}: \"{}\" can be read two ways: {} or {}",
                                  location(in_doubt_line_, series_.columns[in_doubt_direction_]),
                                  numbers_.in_doubt(), thousands, decimal),
              .hint = "say which mark is before the decimals: --decimal point or --decimal comma",
              .failure = Failure::usage});
  }
  if (mark == DecimalMark::unknown && series_.decimal_commas_likely && !doubts_.empty() &&
      !numbers_.has_long()) {
    return std::unexpected(points_in_doubt());
  }
  if (mark != DecimalMark::comma) return {};
  for (const Doubt& doubt : doubts_) {
    series_.points[doubt.point].value[doubt.direction] = doubt.with_comma;
  }
  return {};
}

// Times of day: one that lies before the row above is of the next day.
void SeriesBuilder::settle_clocks() {
  constexpr Nanoseconds kDay = std::chrono::hours{24};
  Nanoseconds day{};
  Nanoseconds before{};
  for (SeriesPoint& point : series_.points) {
    if (point.time + day < before - kDay / 2) day += kDay;
    point.time += day;
    before = point.time;
  }
  series_.notes.emplace_back("times have no date: the file is taken to begin on 1970-01-01");
}

// True if the clock was set back by `step` between row i and i + 1: a step back by that less a row.
bool SeriesBuilder::set_back(std::size_t i, Nanoseconds step, bool newest_first) const {
  const auto& points = series_.points;
  const Nanoseconds row =
      newest_first ? points[i - 1].time - points[i].time : points[i].time - points[i - 1].time;
  const Nanoseconds back =
      newest_first ? points[i + 1].time - points[i].time : points[i].time - points[i + 1].time;
  return row > Nanoseconds::zero() && back > Nanoseconds::zero() &&
         std::chrono::abs(back + row - step) <= row / 10;
}

// By an hour: a clock that was set back in autumn, so that an hour would be there twice in UTC. By
// twelve: a clock without AM and PM.
Result<void> SeriesBuilder::check_clock() const {
  const auto& points = series_.points;
  if (points.size() < 3) return {};
  const bool twelve = within_twelve_hours(points);
  const bool newest_first = mostly_falls(points);
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const SeriesPoint& next = points[i + 1];
    if (twelve && set_back(i, std::chrono::hours{12}, newest_first)) {
      return std::unexpected(Error{
          .what = fmt::format("{}: times go back by twelve hours before {}",
                              location(next.line, "of the time"), format_date_time(next.time)),
          .hint = "the clock has neither AM nor PM: export it with 24 hours"});
    }
    if (!options_.zone.empty() || clock_only_ || !set_back(i, std::chrono::hours{1}, newest_first))
      continue;
    return std::unexpected(
        usage_error(fmt::format("{}: the clock was set back by an hour before {}",
                                location(next.line, "of the time"), format_date_time(next.time)),
                    "times have no zone: give the zone of that clock, --tz Europe/Berlin"));
  }
  return {};
}

Result<void> SeriesBuilder::check_days() const {
  if (!may_be_days_of_a_spreadsheet(series_.points)) return {};
  return std::unexpected(
      Error{.what = fmt::format("{}: times can be read two ways: the days of a spreadsheet, or "
                                "seconds less than 50 ms apart",
                                series_.file),
            .hint = "format them as 2026-11-26 10:00:00 before the export"});
}

// Numbers of the first years after 1970 count from a start, or count rows.
void SeriesBuilder::note_small_times() {
  static constexpr Nanoseconds kSinceAStart = std::chrono::seconds{100'000'000};
  series_.since_a_start =
      !series_.points.empty() && std::ranges::all_of(series_.points, [](const SeriesPoint& point) {
        return point.time < kSinceAStart;
      });
  if (series_.since_a_start)
    series_.notes.emplace_back("times are small numbers: read as seconds since a start");
}

Result<void> SeriesBuilder::settle_times() {
  if (auto dates = settle_dates(); !dates) return dates;
  if (!local_) {
    note_small_times();
    return check_days();
  }
  if (auto steady = check_clock(); !steady) return steady;
  if (clock_only_) settle_clocks();
  auto zone = Zone::open(options_.zone);
  if (!zone) return std::unexpected(std::move(zone).error());
  auto& points = series_.points;
  const bool newest_first = points.size() > 1 && points.front().time > points.back().time;
  std::optional<Nanoseconds> before;
  for (SeriesPoint& point : points) {
    const auto moment = zone->to_utc(point.time, before, newest_first);
    if (!moment) {
      return std::unexpected(Error(moment.error()).within(location(point.line, "of the time")));
    }
    before = point.time = *moment;
  }
  if (options_.zone.empty() && !clock_only_) {
    series_.notes.emplace_back("times have no zone: read as UTC (--tz Europe/Berlin for another)");
  }
  return {};
}

Result<Series> SeriesBuilder::finish() && {
  if (auto done = settle_numbers(); !done) return std::unexpected(std::move(done).error());
  if (auto done = settle_times(); !done) return std::unexpected(std::move(done).error());
  if (units_) series_.unit.name = "units of their own";
  return std::move(series_);
}

}  // namespace cgtally::series
