// SPDX-License-Identifier: Apache-2.0
#include "core/replay/foreign_series.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/timestamp.h"

namespace cgtally {
namespace {

// A row that is later than this many usual intervals covers the last one; the rest is a gap.
constexpr double kLate = 1.5;

Bytes whole(double bytes) { return {static_cast<std::uint64_t>(std::round(std::max(bytes, 0.0)))}; }

// The gain of a counter; if it fell, its gain since its new zero.
double gained(double before, double now, std::size_t& restarts) {
  if (now >= before) return now - before;
  ++restarts;
  return now;
}

}  // namespace

Result<SeriesUnit> parse_series_unit(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, SeriesUnit>, 14> kUnits{{
      {"bytes", {SeriesKind::interval_bytes, 1}},
      {"total", {SeriesKind::total_bytes, 1}},
      {"bit/s", {SeriesKind::rate, 1.0 / 8}},
      {"kbit/s", {SeriesKind::rate, 1e3 / 8}},
      {"Mbit/s", {SeriesKind::rate, 1e6 / 8}},
      {"Gbit/s", {SeriesKind::rate, 1e9 / 8}},
      {"B/s", {SeriesKind::rate, 1}},
      {"kB/s", {SeriesKind::rate, 1e3}},
      {"MB/s", {SeriesKind::rate, 1e6}},
      {"GB/s", {SeriesKind::rate, 1e9}},
      {"KiB/s", {SeriesKind::rate, 1024}},
      {"MiB/s", {SeriesKind::rate, 1024.0 * 1024}},
      {"GiB/s", {SeriesKind::rate, 1024.0 * 1024 * 1024}},
      {"bps", {SeriesKind::rate, 1.0 / 8}},
  }};
  const auto found =
      std::ranges::find(kUnits, text, &std::pair<std::string_view, SeriesUnit>::first);
  if (found != kUnits.end()) return found->second;
  return std::unexpected(usage_error(fmt::format("\"{}\" is not a unit of a column", text),
                                     "give bytes (in the interval), total (a counter), or a rate "
                                     "such as bit/s, Mbit/s, B/s, kB/s, KiB/s"));
}

std::optional<Nanoseconds> parse_series_time(std::string_view text) {
  if (const auto stamp = parse_timestamp(text)) return stamp;
  if (text.size() >= 19 && text[10] == ' ') {
    std::string utc(text);
    utc[10] = 'T';
    while (utc.ends_with('Z')) utc.pop_back();
    return parse_timestamp(utc + "Z");
  }
  double seconds = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc{} || stop != text.data() + text.size() || !std::isfinite(seconds)) {
    return std::nullopt;
  }
  constexpr double kMilliseconds = 1e11;  // as seconds, this would be the year 5138
  if (seconds >= kMilliseconds) seconds /= 1e3;
  if (seconds < 0 || seconds >= kMilliseconds / 20) return std::nullopt;
  return Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

ForeignSeries::ForeignSeries(SeriesUnit unit, bool time_is_start, OnInterval on_interval)
    : unit_(unit), time_is_start_(time_is_start), on_interval_(std::move(on_interval)) {}

Result<void> ForeignSeries::add(const SeriesRow& row) {
  if (!last_) {
    last_ = row;
    return {};
  }
  const Nanoseconds elapsed = row.time - last_->time;
  if (elapsed <= Nanoseconds::zero()) {
    return std::unexpected(
        Error{.what = fmt::format("time runs backwards: {} after {}", format_timestamp(row.time),
                                  format_timestamp(last_->time)),
              .hint = "sort the rows by their time, one row for each moment"});
  }
  usual_ = std::min(usual_.value_or(elapsed), elapsed);
  const SeriesRow before = *std::exchange(last_, row);
  if (unit_.kind == SeriesKind::total_bytes) {
    SeriesRow difference = row;
    if (row.rx && before.rx) difference.rx = gained(*before.rx, *row.rx, restarts_);
    if (row.tx && before.tx) difference.tx = gained(*before.tx, *row.tx, restarts_);
    emit(difference, row.time, elapsed);
  } else if (time_is_start_) {
    emit(before, row.time, elapsed);
  } else {
    emit(row, row.time, elapsed);
  }
  return {};
}

void ForeignSeries::finish() {
  if (time_is_start_ && last_ && usual_ && unit_.kind != SeriesKind::total_bytes) {
    emit(*last_, last_->time + *usual_, *usual_);
  }
}

void ForeignSeries::emit(const SeriesRow& row, Nanoseconds end, Nanoseconds elapsed) {
  Nanoseconds gap{};
  // A counter covers the gap too.
  if (unit_.kind != SeriesKind::total_bytes &&
      static_cast<double>(elapsed.count()) > kLate * static_cast<double>(usual_->count())) {
    gap = elapsed - *usual_;
    elapsed = *usual_;
  }
  const double seconds =
      unit_.kind == SeriesKind::rate ? std::chrono::duration<double>(elapsed).count() : 1.0;
  SeriesInterval interval{
      .now = {.boot = end, .wall = end}, .elapsed = elapsed, .moved = {}, .gap_before = gap};
  interval.moved.rx_bytes = whole(row.rx.value_or(0) * unit_.bytes * seconds);
  interval.moved.tx_bytes = whole(row.tx.value_or(0) * unit_.bytes * seconds);
  on_interval_(interval);
}

}  // namespace cgtally
