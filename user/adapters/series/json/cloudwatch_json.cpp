// SPDX-License-Identifier: Apache-2.0
// get-metric-statistics has Label and Datapoints, get-metric-data MetricDataResults with Timestamps
// and Values. The members of an object come in any order, so rows wait for the object's end.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "adapters/series/json/readers.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"

namespace cgtally::series {
namespace {

// A datapoint with the statistics that can be used.
struct Datapoint {
  std::string time;
  double sum = kMissing;
  double average = kMissing;
  double count = kMissing;
};

class CloudWatchJson : public JsonReader {
 public:
  CloudWatchJson(const std::string& file, const ReadOptions& options)
      : file_(file), options_(options) {}

  Result<void> take(const std::string& array, const Json& element) override {
    if (array == "Datapoints") return take_datapoint(element);
    if (array == "Timestamps" && element.is_string()) {
      times_.push_back(element.get<std::string>());
    } else if (array == "Timestamps" && element.is_number()) {
      times_.push_back(element.dump());  // the API's own form: seconds since 1970
    } else if (array == "Values") {
      values_.push_back(element.is_number() ? element.get<double>() : kMissing);
    } else if (array == "MetricDataResults") {
      return end_of_result(element);
    } else if (array.empty()) {
      // `--query Datapoints` of aws prints the rows without the metric's name.
      return element.contains("Timestamp") ? take_datapoint(element) : end_of_answer(element);
    }
    return {};
  }
  [[nodiscard]] bool recognised() const override { return recognised_; }

  Result<std::vector<Series>> finish() override {
    if (!result_.empty()) return std::move(result_);
    return std::unexpected(
        Error{.what = packets_ ? fmt::format("{} counts packets, not bytes", file_)
                               : fmt::format("{} has no datapoints", file_),
              .hint = packets_ ? "export NetworkOut (EC2) or NetworkBytesOut (ElastiCache)"
                               : "ask CloudWatch for another time, metric or dimension"});
  }

 private:
  Result<void> take_datapoint(const Json& element) {
    recognised_ = true;
    Datapoint point{.time = text_at(element, "Timestamp"),
                    .sum = number_at(element, "Sum"),
                    .average = number_at(element, "Average"),
                    .count = number_at(element, "SampleCount")};
    const bool usable = !is_missing(point.sum) || !is_missing(point.average);
    if (!usable) {
      for (const char* const other : {"SampleCount", "ExtendedStatistics", "Maximum", "Minimum"}) {
        if (element.is_object() && element.contains(other)) unusable_ = other;
      }
    }
    const std::string unit = text_at(element, "Unit");
    if (!unit_.empty() && unit != unit_) {
      return std::unexpected(Error{.what = fmt::format("{}: datapoints in {} and in {}", file_,
                                                       printable(unit_), printable(unit)),
                                   .hint = "ask for one of them: --unit Bytes of aws"});
    }
    unit_ = unit;
    datapoints_.push_back(std::move(point));
    return {};
  }

  // The outermost object of get-metric-statistics.
  Result<void> end_of_answer(const Json& answer) {
    if (answer.contains("MetricDataResults")) recognised_ = true;
    const bool own = answer.contains("Datapoints") && answer.contains("Label");
    recognised_ |= own;
    if (answer.contains("NextToken") && !result_.empty()) {
      result_.back().notes.emplace_back(
          "the answer has a NextToken: more pages were there, give them too");
    }
    if (datapoints_.empty()) return {};
    CloudWatchMetric metric{.label = text_at(answer, "Label"), .unit = unit_, .statistic = {}};
    const auto all = [this](double Datapoint::* member) {
      return std::ranges::none_of(
          datapoints_, [member](const Datapoint& point) { return is_missing(point.*member); });
    };
    const bool sums = all(&Datapoint::sum) && options_.statistic != "average";
    const bool averages = all(&Datapoint::average);
    metric.statistic = sums ? "sum" : averages ? "average" : lower(unusable_);
    metric.has_count = !sums && averages && all(&Datapoint::count);
    // A rate is read from its Average, an amount from its Sum.
    if (lower(unit_).ends_with("/second") && averages) {
      metric.statistic = "average";
      metric.has_count = false;
    }
    std::vector<std::string> times;
    std::vector<double> values;
    for (Datapoint& point : datapoints_) {
      times.push_back(std::move(point.time));
      values.push_back(metric.statistic == "sum" ? point.sum
                       : metric.has_count        ? point.average * point.count
                                                 : point.average);
    }
    datapoints_.clear();
    return add_series(metric, "get-metric-statistics", times, values, "");
  }

  Result<void> end_of_result(const Json& element) {
    recognised_ = true;
    const std::vector<std::string> times = std::exchange(times_, {});
    const std::vector<double> values = std::exchange(values_, {});
    const CloudWatchMetric metric{.label = text_at(element, "Label"), .unit = {}, .statistic = {}};
    if (times.size() != values.size()) {
      return std::unexpected(
          Error{.what = fmt::format("{}: {} Timestamps and {} Values in {}", file_,
                                    format_count(times.size()), format_count(values.size()),
                                    printable(metric.label)),
                .hint = "export it again"});
    }
    if (times.empty()) return {};
    const bool partial = text_at(element, "StatusCode") == "PartialData";
    auto added = add_series(metric, "get-metric-data", times, values, text_at(element, "Id"));
    if (added && partial && !result_.empty()) {
      result_.back().notes.emplace_back("PartialData: there are more pages, give them too");
    }
    return added;
  }

  Result<void> add_series(const CloudWatchMetric& metric, std::string_view command,
                          const std::vector<std::string>& times, const std::vector<double>& values,
                          const std::string& id) {
    if (counts_packets(metric.label) && !options_.names_columns()) {
      packets_ = true;
      return {};
    }
    auto shape =
        cloudwatch_shape(metric, fmt::format("CloudWatch JSON ({})", command), file_, options_);
    if (!shape) return std::unexpected(std::move(shape).error());
    shape->node = without_metric(metric.label);
    const Direction direction = shape->has(Direction::tx) ? Direction::tx : Direction::rx;
    // Two of one name are told apart by their Ids.
    for (Series& other : result_) {
      if (shape->node == other.node && other.has(direction)) shape->node = id;
    }
    SeriesBuilder builder(options_, *std::move(shape));
    for (std::size_t i = 0; i < times.size(); ++i) {
      PerDirection<double> value{.rx = kMissing, .tx = kMissing};
      value[direction] = values[i];
      if (auto added = builder.add(times[i], value); !added) return added;
    }
    auto series = std::move(builder).finish();
    if (!series) return std::unexpected(std::move(series).error());
    if (auto settled = settle_average(*series, metric, options_); !settled) return settled;
    result_.push_back(*std::move(series));
    return {};
  }

  const std::string& file_;
  const ReadOptions& options_;
  bool recognised_ = false;
  bool packets_ = false;
  std::string unit_;
  std::string unusable_;
  std::vector<Datapoint> datapoints_;
  std::vector<std::string> times_;
  std::vector<double> values_;
  std::vector<Series> result_;
};

}  // namespace

std::unique_ptr<JsonReader> cloudwatch_json(const std::string& file, const ReadOptions& options) {
  return std::make_unique<CloudWatchJson>(file, options);
}

}  // namespace cgtally::series
