// SPDX-License-Identifier: Apache-2.0
// A range answer of Prometheus' HTTP API: {"data": {"resultType": "matrix", "result": [{"metric":
// labels, "values": [[seconds, "figure"], ...]}]}}. Each result is one interface of one instance.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "adapters/series/json/readers.h"
#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"

namespace cgtally::series {
namespace {

struct PrometheusRow {
  double time = 0;
  std::string value;
};

Direction other(Direction direction) {
  return direction == Direction::rx ? Direction::tx : Direction::rx;
}

class PrometheusJson : public JsonReader {
 public:
  PrometheusJson(const std::string& file, const ReadOptions& options)
      : file_(file), options_(options) {
    shape_.file = file;
    shape_.format = "Prometheus range answer";
  }

  Result<void> take(const std::string& array, const Json& element) override {
    if (array == "values") return take_row(element);
    if (array == "result") return end_of_result(element);
    if (array.empty() && element.is_object()) {
      recognised_ |= element.contains("data") && element["data"].is_object() &&
                     element["data"].contains("resultType");
      if (text_at(element, "status") == "error") {
        recognised_ = true;
        return std::unexpected(Error{.what = fmt::format("{}: Prometheus answered: {}", file_,
                                                         printable(text_at(element, "error"))),
                                     .hint = "correct the query"});
      }
      if (!element.value("warnings", Json()).empty() ||
          element.value("isPartial", Json()) == true) {
        shape_.notes.emplace_back("the answer says that it is partial: series, or rows, may lack");
      }
    }
    return {};
  }
  [[nodiscard]] bool recognised() const override { return recognised_; }

  Result<std::vector<Series>> finish() override {
    if (!rows_seen_) {
      return std::unexpected(
          Error{.what = fmt::format("{} has no ranges", file_),
                .hint = "ask /api/v1/query_range, or /api/v1/query for a range: metric[1h]"});
    }
    std::vector<Series> result;
    for (auto& [direction, groups] : groups_) {
      auto found = std::move(groups).finish(shape_);
      if (!found) return found;
      for (Series& series : *found)
        std::ranges::copy(shape_.notes, std::back_inserter(series.notes));
      std::ranges::move(*found, std::back_inserter(result));
    }
    return result;
  }

 private:
  Result<void> take_row(const Json& element) {
    if (!element.is_array() || element.size() != 2 || !element[0].is_number()) return {};
    rows_.push_back(
        {.time = element[0].get<double>(),
         .value = element[1].is_string() ? element[1].get<std::string>() : element[1].dump()});
    return {};
  }

  Result<void> end_of_result(const Json& element) {
    const std::vector<PrometheusRow> rows = std::exchange(rows_, {});
    if (!element.is_object() || !element.contains("metric") || rows.empty()) return {};
    recognised_ = rows_seen_ = true;
    const Json& labels = element["metric"];
    const std::string metric = text_at(labels, "__name__");
    const auto direction = direction_told(metric);
    if (!direction) return std::unexpected(direction.error());
    if (counts_packets(metric) && !options_.unit) {
      return std::unexpected(
          Error{.what = fmt::format("{}: {} counts packets, not bytes", file_, printable(metric)),
                .hint = "query the bytes: node_network_transmit_bytes_total"});
    }
    auto unit = unit_of(metric);
    if (!unit) return std::unexpected(std::move(unit).error());
    Series shape = shape_;
    shape.columns[*direction] = metric.empty() ? "value" : metric;
    shape.unit = *std::move(unit);
    if (options_.unit) {
      std::ranges::move(doubts_of(printable(metric), *direction, shape.unit),
                        std::back_inserter(shape.notes));
    }
    std::string iface;
    for (const char* const label : {"device", "interface", "iface", "nic", "ifName", "ifDescr"}) {
      if (iface.empty()) iface = text_at(labels, label);
    }
    SeriesGroups& groups = groups_.try_emplace(*direction, file_, options_).first->second;
    SeriesBuilder* const builder = groups.find(text_at(labels, "instance"), iface, shape);
    if (builder == nullptr) return {};
    const auto [first, is_new] = labels_.try_emplace(builder, labels.dump());
    if (is_new) return add_rows(*builder, rows, *direction);
    return std::unexpected(Error{
        .what = fmt::format("{}: several series are of one interface: {} and {}", file_,
                            printable(first->second), printable(labels.dump())),
        .hint = "choose one by its labels, or query the sum: sum by (instance, device) (...)"});
  }

  static Result<void> add_rows(SeriesBuilder& builder, const std::vector<PrometheusRow>& rows,
                               Direction direction) {
    for (const PrometheusRow& row : rows) {
      const std::string time = fmt::format("{:.3f}", row.time);
      RowText text{.time = time};
      text.values[direction] = row.value;
      if (auto added = builder.add(text); !added) return added;
    }
    return {};
  }

  [[nodiscard]] Result<Direction> direction_told(const std::string& metric) const {
    for (const Direction one : kDirections) {
      const std::string& told = options_.columns[one];
      if (!told.empty() && (told == metric || options_.columns[other(one)].empty())) return one;
    }
    if (const auto found = direction_of(metric)) return *found;
    return std::unexpected(
        usage_error(fmt::format("{}: {} does not say whether it was sent or received", file_,
                                metric.empty() ? "the answer" : printable(metric)),
                    "say it: --tx-column value or --rx-column value, and --unit"));
  }

  [[nodiscard]] Result<SeriesUnit> unit_of(const std::string& metric) const {
    if (options_.unit) return *options_.unit;
    const std::vector<std::string> words = words_of(metric);
    const auto has = [&words](std::string_view word) {
      return std::ranges::find(words, word) != words.end();
    };
    if (has("bytes") && has("total")) return parse_series_unit("total");
    return std::unexpected(usage_error(
        fmt::format("{}: the answer does not name its unit", file_),
        "give it: --unit B/s for rate() of bytes, --unit bit/s for 8 times that, --unit total "
        "for a counter"));
  }

  const std::string& file_;
  const ReadOptions& options_;
  Series shape_;
  bool recognised_ = false;
  bool rows_seen_ = false;
  std::vector<PrometheusRow> rows_;
  std::map<Direction, SeriesGroups> groups_;
  std::map<const SeriesBuilder*, std::string> labels_;
};

}  // namespace

std::unique_ptr<JsonReader> prometheus_json(const std::string& file, const ReadOptions& options) {
  return std::make_unique<PrometheusJson>(file, options);
}

}  // namespace cgtally::series
