// SPDX-License-Identifier: Apache-2.0
// vnstat --json: bytes by interface, in rows of five minutes, hours and days that begin at their
// time. The finest that is there is read. The newest row is not over yet: it ends with the update.
#include <fmt/core.h>

#include <array>
#include <map>

#include "adapters/series/json/readers.h"
#include "core/series/times.h"

namespace cgtally::series {
namespace {

// From the finest on.
constexpr std::array<std::pair<const char*, std::uint32_t>, 3> kTables{
    {{"fiveminute", 300}, {"hour", 3600}, {"day", 86400}}};

struct VnstatRow {
  std::string time;
  PerDirection<double> bytes;
};

// The fields "date" and "time" as one text; "timestamp", which newer versions have, is exact.
std::string time_of(const Json& element) {
  const double epoch = number_at(element, "timestamp");
  if (!is_missing(epoch)) return fmt::format("{:.0f}", epoch);
  if (!element.is_object() || !element.contains("date")) return {};
  const Json& date = element["date"];
  const Json none = Json::object();
  const Json& clock = element.contains("time") ? element["time"] : none;
  const auto part = [](const Json& object, const char* key) {
    const double value = number_at(object, key);
    if (is_missing(value)) return 0;
    return value >= 0 && value <= 9999 ? static_cast<int>(value) : -1;  // which is no time
  };
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:00", part(date, "year"), part(date, "month"),
                     part(date, "day"), part(clock, "hour"), part(clock, "minute"));
}

class VnstatJson : public JsonReader {
 public:
  VnstatJson(const std::string& file, const ReadOptions& options) : file_(file), options_(options) {
    shape_.file = file;
    shape_.format = "vnstat --json";
    shape_.columns = {.rx = "rx", .tx = "tx"};
    shape_.unit = *parse_series_unit("bytes");
    shape_.time_is_start = true;
  }

  Result<void> take(const std::string& array, const Json& element) override {
    for (const auto& [name, seconds] : kTables) {
      if (array != name) continue;
      rows_seen_ = true;
      rows_[name].push_back(
          {.time = time_of(element),
           .bytes = {.rx = number_at(element, "rx"), .tx = number_at(element, "tx")}});
      return {};
    }
    if (array == "interfaces") return end_of_interface(element);
    if (array.empty() && element.is_object() && element.contains("vnstatversion")) {
      recognised_ = true;
      if (text_at(element, "jsonversion") == "1") {
        return std::unexpected(Error{
            .what = fmt::format("{} is of a vnstat before 2.0, whose rows have no length", file_),
            .hint = "export it with vnstat 2"});
      }
    }
    return {};
  }
  [[nodiscard]] bool recognised() const override { return recognised_; }
  Result<std::vector<Series>> finish() override {
    if (rows_seen_) return std::move(groups_).finish(shape_);
    return std::unexpected(
        Error{.what = fmt::format("{} has no rows of five minutes, hours or days", file_),
              .hint = "export all tables: vnstat --json"});
  }

 private:
  Result<void> end_of_interface(const Json& element) {
    const auto rows = std::exchange(rows_, {});
    if (!element.is_object() || !element.contains("traffic")) return {};
    const std::string name = text_at(element, "name");
    for (const auto& [table, seconds] : kTables) {
      const auto found = rows.find(table);
      if (found == rows.end() || found->second.empty()) continue;
      SeriesBuilder* const builder = groups_.find("", name, shape_);
      if (builder == nullptr) return {};
      builder->series().format = fmt::format("vnstat --json, {}", table);
      for (const VnstatRow& row : found->second) {
        if (auto added = builder->add(row.time, row.bytes, seconds); !added) return added;
      }
      shorten_newest(*builder, element);
      return {};
    }
    return {};
  }

  static void shorten_newest(SeriesBuilder& builder, const Json& element) {
    if (!element.contains("updated")) return;
    const auto updated = parse_series_time(time_of(element["updated"]));
    auto& points = builder.series().points;
    const auto newest = std::ranges::max_element(points, {}, &SeriesPoint::time);
    if (!updated || newest == points.end()) return;
    const auto age = std::chrono::floor<std::chrono::seconds>(updated->value - newest->time);
    if (age.count() > 0 && age.count() < newest->period_s) {
      newest->period_s = static_cast<std::uint32_t>(age.count());
    }
  }

  const std::string& file_;
  const ReadOptions& options_;
  Series shape_;
  bool recognised_ = false;
  bool rows_seen_ = false;
  std::map<std::string, std::vector<VnstatRow>> rows_;
  SeriesGroups groups_{file_, options_};
};

}  // namespace

std::unique_ptr<JsonReader> vnstat_json(const std::string& file, const ReadOptions& options) {
  return std::make_unique<VnstatJson>(file, options);
}

}  // namespace cgtally::series
