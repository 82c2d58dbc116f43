// SPDX-License-Identifier: Apache-2.0
// All readers see all elements; the one that finds its own names in them has read the file.
#include "adapters/series/json/json_series.h"

#include <fmt/core.h>

#include <array>

#include "adapters/series/json/readers.h"

namespace cgtally::series {

Result<std::vector<Series>> read_json_series(std::istream& in, const std::string& file,
                                             const ReadOptions& options) {
  static const std::set<std::string> kArrays{
      "Datapoints", "Timestamps", "Values", "MetricDataResults", "statistics", "hosts",
      "fiveminute", "hour",       "day",    "interfaces",        "values",     "result"};
  const std::array<std::unique_ptr<JsonReader>, 4> readers{
      cloudwatch_json(file, options), sysstat_json(file, options), vnstat_json(file, options),
      prometheus_json(file, options)};
  auto read = for_each_element(in, file, kArrays,
                               [&](const std::string& array, const Json& element) -> Result<void> {
                                 for (const auto& reader : readers) {
                                   if (auto taken = reader->take(array, element); !taken)
                                     return taken;
                                 }
                                 return {};
                               });
  if (!read) return std::unexpected(std::move(read).error());
  for (const auto& reader : readers) {
    if (reader->recognised()) return reader->finish();
  }
  return std::unexpected(
      Error{.what = fmt::format("{}: this JSON is of no known monitor", file),
            .hint = "known are aws cloudwatch get-metric-statistics and get-metric-data, sadf -j, "
                    "vnstat --json, and range answers of Prometheus; export others as CSV"});
}

}  // namespace cgtally::series
