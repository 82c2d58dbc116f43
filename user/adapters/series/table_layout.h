// SPDX-License-Identifier: Apache-2.0
// The columns of one table that matter: found by the names that the user gave, else by the names
// that known monitors write. A name that stands twice is an Error, never the first of the two.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

struct TableLayout {
  std::vector<std::string> header;
  std::size_t time = 0;
  std::optional<std::size_t> date = {};  // where `time` has only the time of day
  PerDirection<std::optional<std::size_t>> values = {};
  std::optional<std::size_t> group = {};     // interface, or Grafana's series
  std::optional<std::size_t> interval = {};  // sadf's length of the row
  std::optional<std::size_t> host = {};
  std::vector<std::size_t> keys = {};  // columns that name what else a row is of, such as a metric
  // Grafana's rows by series: the series that each direction is; empty: any.
  PerDirection<std::string> series_names = {};
  Series shape = {};  // format, columns, unit
};

// `file` is for the Errors. `sadf`: the header is sadf's, whose columns have known units.
[[nodiscard]] Result<TableLayout> layout_of(const std::vector<std::string>& header,
                                            const std::string& file, bool sadf,
                                            const ReadOptions& options);
// The columns that are neither figures nor times, nor labels that are understood.
[[nodiscard]] std::vector<std::size_t> unread_columns(const TableLayout& layout);
// True if this header of sadf is of the table with the traffic of interfaces.
[[nodiscard]] bool has_interfaces(const std::vector<std::string>& header);

}  // namespace cgtally::series
