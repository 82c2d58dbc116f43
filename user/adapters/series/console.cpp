// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/console.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>

#include "adapters/csv/rfc4180.h"
#include "adapters/series/common/builder.h"
#include "adapters/series/common/cloudwatch.h"
#include "adapters/series/common/names.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"
#include "core/series/times.h"

namespace cgtally::series {
namespace {

// The lines before the rows, by their first field in lower case.
using Preface = std::map<std::string, std::vector<std::string>>;

std::string field_of(const Preface& preface, std::initializer_list<const char*> names,
                     std::size_t column) {
  for (const char* const name : names) {
    const auto found = preface.find(name);
    if (found == preface.end() || column >= found->second.size()) continue;
    if (!found->second[column].empty()) return found->second[column];
  }
  return {};
}

struct ConsoleColumn {
  std::size_t at = 0;
  CloudWatchMetric metric;
  SeriesBuilder builder;
};

// Empty fields at the end of a line say nothing.
std::size_t used(const std::vector<std::string>& fields) {
  std::size_t count = fields.size();
  while (count > 0 && fields[count - 1].empty()) --count;
  return count;
}

Result<std::vector<ConsoleColumn>> columns_of(const Preface& preface, std::size_t width,
                                              const std::string& file, const ReadOptions& options) {
  std::vector<ConsoleColumn> columns;
  for (std::size_t i = 1; i < width; ++i) {
    CloudWatchMetric metric{
        .label = field_of(preface, {"metric name", "metric", "label", "full label"}, i),
        .unit = field_of(preface, {"unit", "units"}, i),
        .statistic = lower(field_of(preface, {"statistic", "stat"}, i))};
    const std::string full = field_of(preface, {"full label", "label"}, i);
    if (!direction_of(metric.label)) metric.label = full;
    if (counts_packets(metric.label)) continue;
    auto shape = cloudwatch_shape(metric, "CloudWatch console CSV", file, options);
    if (!shape) return std::unexpected(std::move(shape).error());
    shape->node = without_metric(full);
    columns.push_back({.at = i,
                       .metric = std::move(metric),
                       .builder = SeriesBuilder(options, *std::move(shape))});
  }
  if (!columns.empty()) return columns;
  return std::unexpected(Error{.what = fmt::format("{}: there is no metric of bytes", file),
                               .hint = "put NetworkOut or NetworkBytesOut into the graph"});
}

}  // namespace

Result<std::vector<Series>> read_console(std::istream& in, char separator, const std::string& file,
                                         const ReadOptions& options) {
  csv::RecordReader reader(in, separator);
  Preface preface;
  std::vector<ConsoleColumn> columns;
  std::size_t width = 0;  // of the lines before the rows
  for (;;) {
    auto more = reader.next();
    if (!more) return std::unexpected(std::move(more).error().within(file));
    if (!*more) break;
    const std::vector<std::string>& fields = reader.fields();
    const std::string first = plain_name(fields.front());
    if (columns.empty() && !parse_series_time(first)) {
      preface.emplace(lower(first), fields);
      width = std::max(width, used(fields));
      continue;
    }
    if (used(fields) > width) {
      return std::unexpected(
          Error{.what = fmt::format("{}: line {}: {} fields, and the lines above have {}", file,
                                    reader.line(), used(fields), width),
                .hint = "numbers with commas need quotes"});
    }
    if (columns.empty()) {
      auto found = columns_of(preface, width, file, options);
      if (!found) return std::unexpected(std::move(found).error());
      columns = *std::move(found);
    }
    for (ConsoleColumn& column : columns) {
      const bool there = column.at < fields.size();
      const std::string_view value = there ? std::string_view(fields[column.at]) : "";
      const bool sent = column.builder.series().has(Direction::tx);
      const RowText row{.time = first,
                        .values = {.rx = sent ? "" : value, .tx = sent ? value : ""},
                        .line = static_cast<std::uint32_t>(reader.line())};
      if (auto added = column.builder.add(row); !added) {
        return std::unexpected(std::move(added).error());
      }
    }
  }
  std::vector<Series> result;
  for (ConsoleColumn& column : columns) {
    auto series = std::move(column.builder).finish();
    if (!series) return std::unexpected(std::move(series).error());
    if (auto settled = settle_average(*series, column.metric, options); !settled) {
      return std::unexpected(std::move(settled).error());
    }
    result.push_back(*std::move(series));
  }
  if (!result.empty()) return result;
  return std::unexpected(
      Error{.what = fmt::format("{} has no rows", file), .hint = "export a longer time"});
}

}  // namespace cgtally::series
