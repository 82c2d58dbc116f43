// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/cloudwatch.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/series/intervals.h"
#include "core/series/metric_names.h"

namespace cgtally::series {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> kRates{{{"bytes/second", 1},
                                                                     {"bits/second", 1.0 / 8},
                                                                     {"kilobits/second", 1e3 / 8},
                                                                     {"megabits/second", 1e6 / 8},
                                                                     {"gigabits/second", 1e9 / 8}}};
// Metrics of bytes a second; all other names are of bytes.
constexpr std::array<std::string_view, 4> kPerSecond{
    "networktransmitthroughput", "networkreceivethroughput", "bytesoutpersec", "bytesinpersec"};

bool is_per_second(std::string_view label) {
  const std::string name = lower(label);
  return std::ranges::any_of(kPerSecond,
                             [&name](std::string_view one) { return name.contains(one); });
}

std::string statistic_of(const CloudWatchMetric& metric, const ReadOptions& options) {
  if (!options.statistic.empty()) return options.statistic;
  if (!metric.statistic.empty()) return metric.statistic;
  for (const std::string& word : words_of(metric.label)) {
    if (word == "average" || word == "avg") return "average";
    if (word == "sum" || word == "maximum" || word == "minimum") return word;
  }
  return {};
}

Result<Direction> direction(const CloudWatchMetric& metric, const std::string& file,
                            const ReadOptions& options) {
  for (const Direction one : kDirections) {
    const std::string& told = options.columns[one];
    if (!told.empty() &&
        (told == metric.label ||
         options.columns[one == Direction::rx ? Direction::tx : Direction::rx].empty())) {
      return one;
    }
  }
  if (counts_packets(metric.label)) {
    return std::unexpected(Error{
        .what = fmt::format("{}: {} counts packets, not bytes", file, printable(metric.label)),
        .hint = "export NetworkOut (EC2), NetworkBytesOut (ElastiCache) or the like"});
  }
  if (const auto found = direction_of(metric.label)) return *found;
  return std::unexpected(
      usage_error(fmt::format("{}: {} does not say whether it was sent or received", file,
                              metric.label.empty() ? "the metric" : printable(metric.label)),
                  fmt::format("say it: --tx-column '{}', or --rx-column",
                              metric.label.empty() ? "metric" : printable(metric.label))));
}

Result<SeriesUnit> unit_of(const CloudWatchMetric& metric, const std::string& statistic,
                           const std::string& file) {
  const std::string unit = lower(metric.unit);
  std::optional<double> rate;
  for (const auto& [name, bytes] : kRates) {
    if (unit == name) rate = bytes;
  }
  const bool none = unit.empty() || unit == "none";
  if (none && is_per_second(metric.label)) rate = 1;
  const SeriesUnit bytes{.kind = SeriesKind::interval_bytes, .bytes = 1, .name = "bytes"};
  if (!rate && none && names_another_amount(metric.label, bytes)) {
    return std::unexpected(
        usage_error(fmt::format("{}: the name of {} says something else than bytes in a period",
                                file, printable(metric.label)),
                    "give the unit of its figures: --unit B/s, --unit Mbit/s, or --unit bytes"));
  }
  const bool extreme = statistic.empty() && names_extreme(metric.label);
  if (extreme || (!statistic.empty() && statistic != "sum" && statistic != "average")) {
    return std::unexpected(
        Error{.what = fmt::format("{}: the {} of {} is not what moved in a period", file,
                                  extreme ? "extreme" : statistic, printable(metric.label)),
              .hint = rate      ? "export the Average"
                      : extreme ? "export the Sum, or say that it is one: --statistic sum"
                                : "export the Sum"});
  }
  if (rate) {
    if (statistic != "sum") {
      return SeriesUnit{
          .kind = SeriesKind::rate, .bytes = *rate, .name = none ? "Bytes/Second" : metric.unit};
    }
    return std::unexpected(Error{.what = fmt::format("{}: the Sum of {}, a rate, is no amount",
                                                     file, printable(metric.label)),
                                 .hint = "export the Average"});
  }
  if (none || unit == "bytes") {
    return bytes;
  }
  return std::unexpected(usage_error(
      fmt::format("{}: {} is not a unit of traffic", file, printable(metric.unit)),
      unit.ends_with("/second") ? "export a metric of bytes, or give the unit: --unit MB/s"
                                : "export a metric of bytes, or multiply its figures"));
}

bool is_average_of_bytes(const CloudWatchMetric& metric, const ReadOptions& options) {
  return !options.unit && !metric.has_count && statistic_of(metric, options) == "average";
}

}  // namespace

Result<Series> cloudwatch_shape(const CloudWatchMetric& metric, const std::string& format,
                                const std::string& file, const ReadOptions& options) {
  const auto way = direction(metric, file, options);
  if (!way) return std::unexpected(way.error());
  Series shape;
  shape.file = file;
  shape.time_is_start = true;
  shape.columns[*way] = metric.label.empty() ? "metric" : metric.label;
  const std::string statistic = statistic_of(metric, options);
  if (options.unit) {
    const auto own = unit_of(metric, statistic, file);
    shape.unit = own && !metric.unit.empty() ? *own : *options.unit;
    take_unit(shape, *options.unit, "CloudWatch");
  } else {
    auto unit = unit_of(metric, statistic, file);
    if (!unit) return std::unexpected(std::move(unit).error());
    shape.unit = *std::move(unit);
    if (statistic.empty() && shape.unit.kind == SeriesKind::interval_bytes) {
      shape.notes.push_back(
          fmt::format("{}: the file does not name the statistic: read as Sum (--statistic average "
                      "if it is not)",
                      printable(metric.label)));
    }
  }
  std::string shown = statistic.empty() ? "Sum" : statistic;
  shown.front() = upper(shown.substr(0, 1)).front();
  shape.format =
      fmt::format("{}: {} of {}", format, metric.has_count ? "Average x SampleCount" : shown,
                  printable(shape.columns[*way]));
  return shape;
}

Result<void> settle_average(Series& series, const CloudWatchMetric& metric,
                            const ReadOptions& options) {
  if (series.unit.kind != SeriesKind::interval_bytes || !is_average_of_bytes(metric, options)) {
    return {};
  }
  constexpr Nanoseconds kSample = std::chrono::minutes{1};
  std::vector<SeriesPoint> sorted = series.points;
  std::ranges::sort(sorted, {}, &SeriesPoint::time);
  const Nanoseconds apart = usual_distance(sorted);
  if (!options.period && apart != kSample) {
    return std::unexpected(usage_error(
        fmt::format("{}: an Average of {} is that of one sample, and rows {} apart have several",
                    series.file, printable(metric.label), format_duration(apart)),
        "export the Sum, or say how long a sample is: --period 60s (ElastiCache, EC2 with detailed "
        "monitoring), else --period 300s"));
  }
  const Nanoseconds sample = options.period.value_or(kSample);
  // So many bytes in each sample are a rate, whatever the length of the row.
  series.unit = {.kind = SeriesKind::rate,
                 .bytes = 1 / std::chrono::duration<double>(sample).count(),
                 .name = "bytes a sample"};
  series.period.reset();
  series.notes.push_back(fmt::format("{}: an Average, read as bytes in each {}{}",
                                     printable(metric.label), format_duration(sample),
                                     options.period ? "" : "; --period if samples are longer"));
  return {};
}

}  // namespace cgtally::series
