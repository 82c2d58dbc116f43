// SPDX-License-Identifier: Apache-2.0
// Both are turned into the same lines of cells: a word that says what they are, and the cells.
#include "adapters/series/aws_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "adapters/series/common/builder.h"
#include "adapters/series/common/cloudwatch.h"
#include "adapters/series/common/names.h"
#include "adapters/text/line.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"
#include "core/series/times.h"

namespace cgtally::series {
namespace {

constexpr std::array<std::string_view, 5> kStatistics{"average", "maximum", "minimum",
                                                      "samplecount", "sum"};

// One metric's rows as texts.
struct MetricText {
  std::string id;
  std::string label;
  std::string unit;
  std::vector<std::string> statistics;  // of each value in a row; empty: not named
  std::vector<std::string> times;
  std::vector<std::vector<std::string>> values;
  std::vector<std::uint32_t> lines;
};

std::vector<std::string> cells_of(std::string_view line, char separator) {
  std::vector<std::string> cells;
  for (;;) {
    const std::size_t end = line.find(separator);
    cells.push_back(plain_name(line.substr(0, end)));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + 1);
  }
}

bool looks_like_a_time(std::string_view text) {
  return text.size() > 10 && text.contains('-') && parse_series_time(text).has_value();
}

Error unreadable(const std::string& file, std::size_t line, std::string_view why) {
  return {.what = fmt::format("{}: line {}: {}", file, line, why),
          .hint = "export it with --output json, which names everything"};
}

class AwsReader {
 public:
  AwsReader(const std::string& file, const ReadOptions& options) : file_(file), options_(options) {}

  Result<void> take_text(const std::string& line) {
    ++line_;
    const std::vector<std::string> cells = cells_of(line, '\t');
    const std::string& kind = cells.front();
    if (kind == "DATAPOINTS") return take_datapoint({cells.begin() + 1, cells.end()}, {});
    if (kind == "METRICDATARESULTS") {
      begin_metric();
      metrics_.back().id = cells.size() > 1 ? cells[1] : "";
      metrics_.back().label = cells.size() > 2 ? cells[2] : "";
    } else if (kind == "TIMESTAMPS" || kind == "VALUES") {
      take_list(kind, cells.size() > 1 ? cells[1] : "");
    } else if (cells.size() == 1 && !kind.empty()) {
      begin_metric();
      metrics_.back().label = kind;
    }
    return {};
  }

  Result<void> take_table(const std::string& line) {
    ++line_;
    std::string_view inner = line;
    if (!inner.starts_with('|') || !inner.ends_with('|')) {
      if (inner.starts_with('-')) title_.clear();
      return {};
    }
    while (inner.starts_with('|')) inner.remove_prefix(1);
    while (inner.ends_with('|')) inner.remove_suffix(1);
    if (inner.starts_with('+')) return {};  // a ruled line
    const std::vector<std::string> cells = cells_of(inner, '|');
    if (cells.size() == 1 && is_title(cells.front())) {
      title_ = cells.front();
      head_.clear();
      if (title_ == "MetricDataResults") begin_metric();
      return {};
    }
    return take_cells(cells);
  }

  Result<std::vector<Series>> finish() {
    std::vector<Series> result;
    for (const MetricText& metric : metrics_) {
      if (metric.times.empty() || counts_packets(metric.label)) continue;
      auto series = series_of(metric);
      if (!series) return std::unexpected(std::move(series).error());
      result.push_back(*std::move(series));
    }
    if (!result.empty()) return result;
    return std::unexpected(Error{.what = fmt::format("{} has no datapoints", file_),
                                 .hint = "ask CloudWatch for another time, or another metric"});
  }

 private:
  static bool is_title(const std::string& cell) {
    static constexpr std::array<std::string_view, 6> kTitles{
        "Datapoints", "MetricDataResults", "Timestamps", "Values", "Messages", "MessageData"};
    return std::ranges::find(kTitles, cell) != kTitles.end() || cell.starts_with("get-metric") ||
           cell.starts_with("GetMetric");
  }

  void begin_metric() { metrics_.emplace_back(); }

  MetricText& metric() {
    if (metrics_.empty()) begin_metric();
    return metrics_.back();
  }

  // A table's line, by the title above it.
  Result<void> take_cells(const std::vector<std::string>& cells) {
    if (title_ == "Timestamps" || title_ == "Values") {
      take_list(upper(title_), cells.front());
      return {};
    }
    if (title_ == "Datapoints" && cells.size() > 1) {
      const bool header = std::ranges::find(cells, "Timestamp") != cells.end();
      if (!header) return take_datapoint(cells, head_);
      head_ = cells;
      return {};
    }
    if (cells.size() == 2 && cells[0] == "Label") metric().label = cells[1];
    if (title_ != "MetricDataResults") return {};
    const auto label = std::ranges::find(cells, "Label");
    if (label != cells.end() && cells.size() > 2) {
      head_ = cells;
    } else if (head_.size() == cells.size()) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (head_[i] == "Label") metric().label = cells[i];
        if (head_[i] == "Id") metric().id = cells[i];
      }
    }
    return {};
  }

  void take_list(std::string_view kind, const std::string& cell) {
    if (kind == "TIMESTAMPS") {
      metric().times.push_back(cell);
      metric().lines.push_back(line_);
    } else {
      metric().values.push_back({cell});
    }
  }

  // The cells of a datapoint come in the order of their names: statistics, Timestamp, Unit.
  Result<void> take_datapoint(const std::vector<std::string>& cells,
                              const std::vector<std::string>& names) {
    const auto time = std::ranges::find_if(cells, looks_like_a_time);
    if (time == cells.end()) return std::unexpected(unreadable(file_, line_, "there is no time"));
    MetricText& to = metric();
    if (time + 1 != cells.end()) to.unit = *(time + 1);
    std::vector<std::string> values(cells.begin(), time);
    if (!names.empty() && to.statistics.empty()) {
      for (std::size_t i = 0; i < values.size() && i < names.size(); ++i) {
        to.statistics.push_back(lower(names[i]));
      }
    }
    to.times.push_back(*time);
    to.lines.push_back(line_);
    to.values.push_back(std::move(values));
    return {};
  }

  // The value to take of each row, by its statistic; with a count, Average times that.
  struct Choice {
    std::size_t value = 0;
    std::optional<std::size_t> count;
  };
  [[nodiscard]] Result<Choice> choose(const MetricText& text, CloudWatchMetric& metric) const {
    std::vector<std::string> names = text.statistics;
    const std::size_t there = text.values.front().size();
    if (names.empty() && there == kStatistics.size()) {
      names.assign(kStatistics.begin(), kStatistics.end());
    }
    if (names.empty()) {
      if (there == 1) return Choice{};
      return std::unexpected(unreadable(file_, text.lines.front(),
                                        fmt::format("{} statistics without their names", there)));
    }
    const auto at = [&names](std::string_view name) {
      return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    };
    if (at("sum") < names.size()) {
      metric.statistic = "sum";
      return Choice{.value = at("sum"), .count = std::nullopt};
    }
    metric.statistic = at("average") < names.size() ? "average" : names.front();
    metric.has_count = at("average") < names.size() && at("samplecount") < names.size();
    return Choice{.value = at(metric.statistic),
                  .count = metric.has_count ? std::optional(at("samplecount")) : std::nullopt};
  }

  [[nodiscard]] Result<Series> series_of(const MetricText& text) const {
    CloudWatchMetric metric{.label = text.label, .unit = text.unit, .statistic = {}};
    if (text.values.size() != text.times.size()) {
      return std::unexpected(unreadable(file_, line_, "there are more times than values"));
    }
    const auto choice = choose(text, metric);
    if (!choice) return std::unexpected(choice.error());
    auto shape = cloudwatch_shape(metric, "CloudWatch, as aws prints it", file_, options_);
    if (!shape) return shape;
    shape->node = without_metric(text.label);
    const bool sent = shape->has(Direction::tx);
    SeriesBuilder builder(options_, *std::move(shape));
    for (std::size_t i = 0; i < text.times.size(); ++i) {
      const std::string& value = text.values[i].at(choice->value);
      if (auto added = builder.add({.time = text.times[i],
                                    .values = {.rx = sent ? "" : value, .tx = sent ? value : ""},
                                    .line = text.lines[i]});
          !added) {
        return std::unexpected(std::move(added).error());
      }
      if (choice->count) {
        NumberReader numbers;
        const auto count = numbers.read(text.values[i].at(*choice->count));
        auto& point = builder.series().points.back().value;
        (sent ? point.tx : point.rx) *= count ? count->value : kMissing;
      }
    }
    auto series = std::move(builder).finish();
    if (!series) return series;
    if (auto settled = settle_average(*series, metric, options_); !settled) {
      return std::unexpected(std::move(settled).error());
    }
    return series;
  }

  const std::string& file_;
  const ReadOptions& options_;
  std::uint32_t line_ = 0;
  std::string title_;
  std::vector<std::string> head_;
  std::vector<MetricText> metrics_;
};

}  // namespace

bool is_aws_text(std::string_view head) {
  return head.starts_with("DATAPOINTS\t") || head.contains("\nDATAPOINTS\t") ||
         head.starts_with("METRICDATARESULTS\t") || head.contains("\nMETRICDATARESULTS\t");
}

bool is_aws_table(std::string_view head) {
  const auto second = head.find('\n');
  return head.starts_with("-----") && second != std::string_view::npos &&
         head.substr(second + 1).starts_with('|');
}

Result<std::vector<Series>> read_aws_text(std::istream& in, const std::string& file, bool table,
                                          const ReadOptions& options) {
  AwsReader reader(file, options);
  std::string line;
  for (;;) {
    auto more = text::read_line(in, line);
    if (!more) return std::unexpected(std::move(more).error().within(file));
    if (!*more) break;
    if (line.ends_with('\r')) line.pop_back();
    auto taken = table ? reader.take_table(line) : reader.take_text(line);
    if (!taken) return std::unexpected(std::move(taken).error());
  }
  return reader.finish();
}

}  // namespace cgtally::series
