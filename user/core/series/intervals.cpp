// SPDX-License-Identifier: Apache-2.0
// Lengths by the distances between rows: the usual one is that of the largest group, over the whole
// file. A longer distance is a gap, unless it repeats: then the rows have another length there.
#include "core/series/intervals.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/quantity.h"
#include "core/base/timestamp.h"

namespace cgtally {
namespace {

constexpr double kLate = 1.5;    // usual distances: a row that comes later than this lacks rows
constexpr double kAlike = 0.1;   // two distances are alike if they differ by less than this share
constexpr double kOther = 2.5;   // from this factor on two long distances alike are a length
constexpr std::size_t kRun = 4;  // below it so many are needed

double count(Nanoseconds span) { return static_cast<double>(span.count()); }
Nanoseconds scaled(Nanoseconds span, double factor) {
  return Nanoseconds(static_cast<std::int64_t>(count(span) * factor));
}
bool alike(Nanoseconds a, Nanoseconds b) {
  return std::abs(count(a) - count(b)) < kAlike * std::max(count(a), count(b));
}

// The distance from row i to row i + 1.
Nanoseconds distance(const std::vector<SeriesPoint>& points, std::size_t i) {
  return points[i + 1].time - points[i].time;
}

// The lengths of a series' rows.
class RowLengths {
 public:
  RowLengths(const std::vector<SeriesPoint>& points, std::optional<Nanoseconds> told)
      : points_(points), told_(told), usual_(told ? *told : usual_distance(points)) {}

  [[nodiscard]] Nanoseconds usual() const { return usual_; }

  // The part of the distance from row i to i + 1 that belongs to `row`, one of the two.
  [[nodiscard]] Nanoseconds part_of(std::size_t i, std::size_t row) {
    const Nanoseconds apart = distance(points_, i);
    if (points_[row].period_s > 0 && !told_) return own_length(apart, points_[row].period_s);
    if (apart <= scaled(usual_, kLate)) return apart;
    if (!told_ && is_length(i)) {
      if (!other_from_ && apart > scaled(usual_, kLate)) other_from_ = i;
      return apart;
    }
    const Nanoseconds around = length_around(i, row);
    return apart <= scaled(around, kLate) ? apart : around;
  }

  // The length of a row on whose open side there is no other: the first, or the last.
  [[nodiscard]] Nanoseconds at_the_edge(std::size_t row) {
    if (points_[row].period_s > 0 && !told_) return std::chrono::seconds{points_[row].period_s};
    if (told_ || points_.size() < 2) return usual_;
    const std::size_t nearest = row == 0 ? 0 : row - 1;
    const Nanoseconds apart = distance(points_, nearest);
    const bool usable =
        apart >= scaled(usual_, 0.5) && (apart <= scaled(usual_, kLate) || is_length(nearest));
    return usable ? apart : usual_;
  }

  [[nodiscard]] std::optional<std::string> other_length() const {
    if (!other_from_) return std::nullopt;
    return fmt::format("from {} on rows are {} apart, elsewhere {}",
                       format_date_time(points_[*other_from_].time),
                       format_duration(distance(points_, *other_from_)), format_duration(usual_));
  }

 private:
  // A period in whole seconds, as a row tells it; the clock of its times may be a second off.
  static Nanoseconds own_length(Nanoseconds apart, std::uint32_t period_s) {
    const Nanoseconds period = std::chrono::seconds{period_s};
    const Nanoseconds slack = std::max<Nanoseconds>(std::chrono::milliseconds{1500}, period / 20);
    return apart <= period + slack ? apart : period;
  }

  // True if a long distance repeats: rows have that length here. Two may be gaps of the same
  // length if they are only twice as long as usual.
  [[nodiscard]] bool is_length(std::size_t i) const {
    const Nanoseconds apart = distance(points_, i);
    std::size_t run = 1;
    for (std::size_t j = i; j > 0 && run < kRun && alike(distance(points_, j - 1), apart); --j) {
      ++run;
    }
    for (std::size_t j = i + 1;
         j + 1 < points_.size() && run < kRun && alike(distance(points_, j), apart); ++j) {
      ++run;
    }
    return run >= kRun || (run >= 2 && apart >= scaled(usual_, kOther));
  }

  // The length of the rows on the row's own side of a gap, else on the other side.
  [[nodiscard]] Nanoseconds length_around(std::size_t i, std::size_t row) const {
    const bool after = row == i + 1;
    for (const bool later : {after, !after}) {
      if (later ? i + 2 >= points_.size() : i == 0) continue;
      const std::size_t near = later ? i + 1 : i - 1;
      if (!told_ && is_length(near)) return distance(points_, near);
      if (later == after && distance(points_, near) <= scaled(usual_, kLate)) return usual_;
    }
    return usual_;
  }

  const std::vector<SeriesPoint>& points_;
  std::optional<Nanoseconds> told_;
  Nanoseconds usual_;
  std::optional<std::size_t> other_from_;
};

// Hands intervals on, with an unknown one for each hole between two.
class IntervalWriter {
 public:
  IntervalWriter(IntervalFacts& facts, const OnSeriesInterval& on_interval)
      : facts_(facts), on_interval_(on_interval) {}

  void write(const SeriesInterval& interval) {
    if (interval.length <= Nanoseconds::zero()) return;
    const Nanoseconds begin = interval.end - interval.length;
    if (!begun_) {
      facts_.begin = begin;
    } else if (begin > facts_.end) {
      on_interval_({.end = begin, .length = begin - facts_.end});
    }
    begun_ = true;
    facts_.end = interval.end;
    on_interval_(interval);
  }
  [[nodiscard]] bool begun() const { return begun_; }

 private:
  IntervalFacts& facts_;
  const OnSeriesInterval& on_interval_;
  bool begun_ = false;
};

void write_rows(const Series& series, RowLengths& lengths, IntervalWriter& writer) {
  const auto& points = series.points;
  for (std::size_t row = 0; row < points.size(); ++row) {
    const bool start = series.time_is_start;
    const bool edge = start ? row + 1 == points.size() : row == 0;
    const Nanoseconds time = points[row].time;
    Nanoseconds length = edge    ? lengths.at_the_edge(row)
                         : start ? lengths.part_of(row, row)
                                 : lengths.part_of(row - 1, row);
    if (!start) length = std::min(length, time);  // seconds since a start count from 0
    SeriesInterval interval{
        .end = start ? time + length : time, .length = length, .line = points[row].line};
    const double seconds =
        series.unit.kind == SeriesKind::rate ? std::chrono::duration<double>(length).count() : 1.0;
    for (const Direction direction : kDirections) {
      interval.bytes[direction] = points[row].value[direction] * series.unit.bytes * seconds;
    }
    writer.write(interval);
  }
}

// True if a column that the series has lacks its value in this row.
bool incomplete(const Series& series, const SeriesPoint& point) {
  return std::ranges::any_of(kDirections, [&](Direction direction) {
    return series.has(direction) && is_missing(point.value[direction]);
  });
}

// True if a counter shows less than in an earlier row.
bool fell(const SeriesPoint& from, const SeriesPoint& to) {
  return std::ranges::any_of(kDirections, [&](Direction direction) {
    return to.value[direction] < from.value[direction];
  });
}

// The interval between two rows of a counter.
SeriesInterval difference(const Series& series, const SeriesPoint& from, const SeriesPoint& to) {
  SeriesInterval interval{.end = to.time, .length = to.time - from.time, .line = to.line};
  for (const Direction direction : kDirections) {
    interval.bytes[direction] = (to.value[direction] - from.value[direction]) * series.unit.bytes;
  }
  return interval;
}

// It began again: what counts both directions has begun again with both.
SeriesInterval after_restart(const Series& series, const SeriesPoint& from, const SeriesPoint& to) {
  SeriesInterval interval = difference(series, from, to);
  for (const Direction direction : kDirections) {
    // One that did not fall may not have begun again: it moved by its gain, or by more.
    const double gain = interval.bytes[direction];
    const double surely = gain < 0 ? to.value[direction] * series.unit.bytes : gain;
    interval.least[direction] = is_missing(gain) ? 0 : surely;
  }
  interval.bytes = {.rx = kMissing, .tx = kMissing};
  interval.restart = true;
  return interval;
}

// A counter that fell and soon shows more than before may have begun again, or the rows between are
// of another source, as of two monitors that take turns. What is sure is that it moved by its gain.
SeriesInterval over_a_dip(const Series& series, const SeriesPoint& from, const SeriesPoint& to) {
  SeriesInterval interval = difference(series, from, to);
  for (const Direction direction : kDirections) {
    const double gain = interval.bytes[direction];
    interval.least[direction] = is_missing(gain) ? 0 : gain;
  }
  interval.bytes = {.rx = kMissing, .tx = kMissing};
  return interval;
}

// A counter counts on where rows are missing, so the difference of two rows is exact however far
// apart they are. One that fell began again: what it counted before that is not known.
void write_differences(const Series& series, IntervalFacts& facts, IntervalWriter& writer) {
  constexpr std::size_t kLongestDip = 3;  // rows
  std::vector<const SeriesPoint*> points;
  for (const SeriesPoint& point : series.points) {
    if (!incomplete(series, point)) points.push_back(&point);
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    const SeriesPoint& before = *points[i - 1];
    if (!fell(before, *points[i])) {
      writer.write(difference(series, before, *points[i]));
      continue;
    }
    const std::size_t end = std::min(points.size(), i + 1 + kLongestDip);
    std::size_t back = i + 1;
    while (back < end && fell(before, *points[back])) ++back;
    if (back < end) {
      writer.write(over_a_dip(series, before, *points[back]));
      ++facts.dips;
      i = back;
    } else {
      writer.write(after_restart(series, before, *points[i]));
      ++facts.restarts;
    }
  }
}

Error differ(const Series& series, const SeriesPoint& a, const SeriesPoint& b) {
  const std::string rows = a.line > 0 && b.line > 0 ? fmt::format("lines {} and {}", a.line, b.line)
                                                    : std::string("two rows");
  return {.what = fmt::format("{}: {} have the same time, {}, and differ", series.file, rows,
                              format_date_time(a.time)),
          .hint =
              "choose one with -i, export one metric, judge each file by itself with "
              "--by-file, or give the zone of the times: --tz Europe/Berlin"};
}

Error no_interval(const Series& series) {
  if (series.points.empty()) {
    return {.what = fmt::format("{} has a header and no rows", series.file),
            .hint = "export a longer time"};
  }
  return {.what = fmt::format("there is no interval in {}: {}", series.file,
                              series.points.size() == 1 ? "it has one row, or rows of one time"
                                                        : "its rows have no figures"),
          .hint = series.unit.kind == SeriesKind::total_bytes
                      ? "a counter takes two rows: export a longer time"
                      : "tell the length of a row: --period 60s"};
}

}  // namespace

// Distances in groups 5 % wide; the mean of the largest group. 0 with fewer than two rows. Of two
// that are as large the longer one, if it repeats: the short rows are those of a monitor that was
// started again.
Nanoseconds usual_distance(const std::vector<SeriesPoint>& points) {
  struct Group {
    std::size_t members = 0;
    double sum = 0;
  };
  std::map<long, Group> groups;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double length = count(distance(points, i));
    Group& group = groups[std::lround(std::log(length) * 20)];
    ++group.members;
    group.sum += length;
  }
  auto largest = groups.begin();
  for (auto group = groups.begin(); group != groups.end(); ++group) {
    const std::size_t most = largest->second.members;
    const std::size_t members = group->second.members;
    if (members > most || (members == most && members > 1)) largest = group;
  }
  if (largest == groups.end()) return {};
  const Group& group = largest->second;
  return Nanoseconds(std::llround(group.sum / static_cast<double>(group.members)));
}

Result<std::size_t> put_in_order(Series& series) {
  auto& points = series.points;
  if (!std::ranges::is_sorted(points, {}, &SeriesPoint::time)) {
    std::ranges::stable_sort(points, {}, &SeriesPoint::time);
  }
  std::size_t kept = 0;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (kept == 0 || points[kept - 1].time != points[i].time) {
      points[kept++] = points[i];
      continue;
    }
    SeriesPoint& first = points[kept - 1];
    bool adds = false;  // the other direction, or a value that the first one lacks
    for (const Direction direction : kDirections) {
      double& value = first.value[direction];
      const double again = points[i].value[direction];
      if (is_missing(again) || value == again) continue;
      if (!is_missing(value)) return std::unexpected(differ(series, first, points[i]));
      value = again;
      adds = true;
    }
    repeated += adds ? 0 : 1;
  }
  points.resize(kept);
  return repeated;
}

Result<IntervalFacts> make_intervals(const Series& series, const OnSeriesInterval& on_interval) {
  IntervalFacts facts{.rows = series.points.size()};
  RowLengths lengths(series.points, series.period);
  facts.usual = lengths.usual();
  IntervalWriter writer(facts, on_interval);
  if (series.unit.kind == SeriesKind::total_bytes) {
    write_differences(series, facts, writer);
  } else {
    write_rows(series, lengths, writer);
    facts.other_length = lengths.other_length();
  }
  if (!writer.begun()) return std::unexpected(no_interval(series));
  return facts;
}

}  // namespace cgtally
