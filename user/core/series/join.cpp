// SPDX-License-Identifier: Apache-2.0
#include "core/series/join.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/series/intervals.h"

namespace cgtally {
namespace {

bool same_directions(const Series& a, const Series& b) {
  return a.has(Direction::rx) == b.has(Direction::rx) &&
         a.has(Direction::tx) == b.has(Direction::tx);
}

bool complements(const Series& a, const Series& b) {
  return !(a.has(Direction::rx) && b.has(Direction::rx)) &&
         !(a.has(Direction::tx) && b.has(Direction::tx));
}

bool alike_units(const Series& a, const Series& b) {
  return a.unit.kind == b.unit.kind && a.time_is_start == b.time_is_start;
}

Nanoseconds begin_of(const Series& series) {
  return std::ranges::min(series.points, {}, &SeriesPoint::time).time;
}
Nanoseconds end_of(const Series& series) {
  return std::ranges::max(series.points, {}, &SeriesPoint::time).time;
}

std::size_t points_between(const Series& series, Nanoseconds begin, Nanoseconds end) {
  return static_cast<std::size_t>(std::ranges::count_if(
      series.points,
      [begin, end](const SeriesPoint& point) { return begin <= point.time && point.time <= end; }));
}

// Pages of one export follow each other, and may share a few rows at the seam.
bool follow_each_other(const Series& a, const Series& b) {
  if (a.points.empty() || b.points.empty()) return true;
  const Nanoseconds begin = std::max(begin_of(a), begin_of(b));
  const Nanoseconds end = std::min(end_of(a), end_of(b));
  if (end < begin) return true;
  const std::size_t shared = std::min(points_between(a, begin, end), points_between(b, begin, end));
  const std::size_t fewer = std::min(a.points.size(), b.points.size());
  return shared <= 1 || shared * 10 <= fewer;
}

std::vector<Nanoseconds> times_of(const Series& series) {
  std::vector<Nanoseconds> times;
  for (const SeriesPoint& point : series.points) times.push_back(point.time);
  std::ranges::sort(times);
  return times;
}

// The two directions of one export have rows of the same times: those of a minute and of five
// minutes, or between each other, would cut each other's intervals.
bool same_rows(const Series& a, const Series& b) {
  if (a.points.empty() || b.points.empty()) return true;
  const std::vector<Nanoseconds> one = times_of(a);
  const std::vector<Nanoseconds> other = times_of(b);
  std::vector<Nanoseconds> shared;
  std::ranges::set_intersection(one, other, std::back_inserter(shared));
  const Nanoseconds begin = std::max(begin_of(a), begin_of(b));
  const Nanoseconds end = std::min(end_of(a), end_of(b));
  const std::size_t most = std::max(points_between(a, begin, end), points_between(b, begin, end));
  return shared.size() * 2 >= most;
}

// Puts the rows of `from` to those of `into`.
void append(Series& into, Series from) {
  for (const Direction direction : kDirections) {
    if (!into.has(direction)) into.columns[direction] = from.columns[direction];
  }
  // One unit for both: that of the first.
  const double factor = from.unit.bytes / into.unit.bytes;
  for (SeriesPoint& point : from.points) {
    point.value.rx *= factor;
    point.value.tx *= factor;
  }
  into.points.insert(into.points.end(), from.points.begin(), from.points.end());
  for (std::string& note : from.notes) {
    if (std::ranges::find(into.notes, note) == into.notes.end()) {
      into.notes.push_back(std::move(note));
    }
  }
  if (into.file != from.file && !into.file.ends_with(from.file)) {
    into.file += fmt::format(", {}", from.file);
  }
}

// The node that this series is a part of; nullptr: a node of its own.
Series* node_of(std::vector<Series>& nodes, const Series& series, bool by_file, bool only_two) {
  for (Series& node : nodes) {
    const bool same_file = node.file == series.file;
    if (node.node != series.node || !alike_units(node, series)) continue;
    if (complements(node, series)) {
      if (!same_rows(node, series)) continue;
      if (same_file || (!by_file && (only_two || !series.node.empty()))) return &node;
    } else if (same_directions(node, series) && !by_file && !same_file &&
               (!series.node.empty() || follow_each_other(node, series))) {
      return &node;
    }
  }
  return nullptr;
}

// The two directions in one file cannot be two nodes.
Result<void> check_directions(const std::vector<Series>& nodes, const Series& series) {
  for (const Series& node : nodes) {
    if (node.file != series.file || node.node != series.node || !complements(node, series))
      continue;
    if (same_rows(node, series)) continue;
    return std::unexpected(Error{
        .what =
            fmt::format("{}: sent and received traffic have rows of different times", series.file),
        .hint = "export both with one period, or one of them alone"});
  }
  return {};
}

// A figure that never falls, row by row, is that of a counter. The points must be in order.
void note_counter(Series& series) {
  constexpr std::size_t kEnough = 12;
  if (series.unit.kind == SeriesKind::total_bytes) return;
  for (const Direction direction : kDirections) {
    std::size_t figures = 0;
    double last = -1;
    for (const SeriesPoint& point : series.points) {
      const double value = point.value[direction];
      if (is_missing(value)) continue;
      if (value <= last) {
        figures = 0;
        break;
      }
      last = value;
      ++figures;
    }
    if (figures < kEnough) continue;
    series.notes.push_back(
        fmt::format("{} grows from row to row, as a counter does: --unit total "
                    "if it is one",
                    printable(series.columns[direction])));
  }
}

// An interface whose rows are summed with those of others.
struct Part {
  Series series;
  std::size_t next = 0;  // row

  [[nodiscard]] bool is_silent(Nanoseconds time) const {
    const auto& points = series.points;
    return points.empty() || time < points.front().time || points.back().time < time;
  }
};

// The sum of the parts at one time; false: it is missing in one that is not silent.
bool add_up(std::vector<Part>& parts, SeriesPoint& total) {
  bool complete = true;
  for (Part& part : parts) {
    const auto& points = part.series.points;
    if (part.next < points.size() && points[part.next].time == total.time) {
      const SeriesPoint& point = points[part.next++];
      total.value.rx += point.value.rx;
      total.value.tx += point.value.tx;
      total.line = point.line;
      total.period_s = point.period_s;
    } else if (!part.is_silent(total.time)) {
      total.value = {.rx = kMissing, .tx = kMissing};
      complete = false;
    }
  }
  return complete;
}

}  // namespace

Result<Series> sum_of(std::vector<Series> series) {
  if (series.size() == 1) return std::move(series.front());
  Series sum = series.front();
  sum.points.clear();
  if (sum.unit.kind == SeriesKind::total_bytes) {
    return std::unexpected(
        usage_error(fmt::format("{}: several counters cannot be summed", sum.file),
                    "choose one with -i: one that begins again would be hidden by the others"));
  }
  std::vector<Part> parts;
  std::vector<Nanoseconds> times;
  for (Series& one : series) {
    if (auto ordered = put_in_order(one); !ordered) {
      return std::unexpected(std::move(ordered).error());
    }
    for (const SeriesPoint& point : one.points) times.push_back(point.time);
    parts.push_back({.series = std::move(one)});
  }
  std::ranges::sort(times);
  times.erase(std::ranges::unique(times).begin(), times.end());
  std::size_t torn = 0;
  for (const Nanoseconds time : times) {
    SeriesPoint total{.time = time, .value = {.rx = 0, .tx = 0}};
    torn += add_up(parts, total) ? 0 : 1;
    sum.points.push_back(total);
  }
  if (torn * 2 <= times.size()) return sum;
  return std::unexpected(
      usage_error(fmt::format("{}: the interfaces have rows of different times", sum.file),
                  "they cannot be summed: choose one with -i"));
}

Result<std::vector<Series>> join_nodes(std::vector<Series> series, bool by_file) {
  std::vector<Series> nodes;
  const bool only_two = series.size() == 2;
  for (Series& one : series) {
    if (auto fits = check_directions(nodes, one); !fits) {
      return std::unexpected(std::move(fits).error());
    }
    Series* const node = node_of(nodes, one, by_file, only_two);
    if (node != nullptr) {
      append(*node, std::move(one));
    } else {
      nodes.push_back(std::move(one));
    }
  }
  for (Series& node : nodes) {
    const auto repeated = put_in_order(node);
    if (!repeated) return std::unexpected(repeated.error());
    note_counter(node);
    if (*repeated > 0) {
      node.notes.push_back(
          fmt::format("{} there twice, with the same figures",
                      *repeated == 1 ? "a row is" : format_count(*repeated) + " rows are"));
    }
  }
  return nodes;
}

}  // namespace cgtally
