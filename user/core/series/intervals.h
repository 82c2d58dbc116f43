// SPDX-License-Identifier: Apache-2.0
// From the rows of a series to intervals with bytes. A row's interval is the time since the row
// before (or until the next one, where times are begins), unless rows are missing; then it is as
// long as the rows around it, and the rest is an interval of which nothing is known. So the
// intervals of a series have no holes between them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally {

struct SeriesInterval {
  Nanoseconds end{};  // since 1970
  Nanoseconds length{};
  PerDirection<double> bytes{.rx = kMissing, .tx = kMissing};  // missing: not recorded
  PerDirection<double> least{};  // of a missing one: bytes that surely moved
  bool restart = false;          // missing because a counter began again
  std::uint32_t line = 0;        // of its row; 0: of a gap, or not of a line
};

// What was found out about the rows of a series on the way.
struct IntervalFacts {
  Nanoseconds usual{};  // usual length
  Nanoseconds begin{};
  Nanoseconds end{};
  std::size_t rows = 0;
  std::size_t restarts = 0;                      // times a counter began again
  std::size_t dips = 0;                          // times a counter fell and soon showed more again
  std::optional<std::string> other_length = {};  // "from 10:05:00Z on rows are 5m00s apart"
};

using OnSeriesInterval = std::function<void(const SeriesInterval&)>;

// Sorts the points and drops those that are there twice; returns how many. An Error if two of one
// moment differ: it names both lines.
[[nodiscard]] Result<std::size_t> put_in_order(Series& series);
// Calls `on_interval` for each, the oldest first. The points must be in order. An Error if no
// interval can be made of the rows.
[[nodiscard]] Result<IntervalFacts> make_intervals(const Series& series,
                                                   const OnSeriesInterval& on_interval);
// The distance that most rows have from the next one; 0 with fewer than two.
[[nodiscard]] Nanoseconds usual_distance(const std::vector<SeriesPoint>& points);

}  // namespace cgtally
