// SPDX-License-Identifier: Apache-2.0
// sadf -j: {"sysstat": {"hosts": [{"nodename", "statistics": [{"timestamp", "network"}]}]}}. Its kB
// are 1024 bytes (sar(1)).
#include <fmt/core.h>

#include "adapters/series/json/readers.h"
#include "core/base/text.h"

namespace cgtally::series {
namespace {

class SysstatJson : public JsonReader {
 public:
  SysstatJson(const std::string& file, const ReadOptions& options)
      : file_(file), options_(options) {
    shape_.file = file;
    shape_.format = "sadf -j";
    shape_.columns = {.rx = "rxkB", .tx = "txkB"};
    shape_.unit = *parse_series_unit("KiB/s");
    if (options.unit) take_unit(shape_, *options.unit, "sadf");
  }

  Result<void> take(const std::string& array, const Json& element) override {
    if (array == "statistics") return take_statistics(element);
    if (array == "hosts") return end_of_host(text_at(element, "nodename"));
    if (array.empty() && element.is_object()) recognised_ |= element.contains("sysstat");
    return {};
  }
  [[nodiscard]] bool recognised() const override { return recognised_; }

  Result<std::vector<Series>> finish() override {
    if (!network_) {
      return std::unexpected(Error{.what = fmt::format("{} has no network figures", file_),
                                   .hint = "export them: sadf -j FILE -- -n DEV"});
    }
    auto result = std::move(groups_).finish(shape_);
    if (result) {
      for (Series& series : *result) series.node = host_;
    }
    return result;
  }

 private:
  Result<void> end_of_host(const std::string& name) {
    if (!host_.empty() && name != host_) {
      return std::unexpected(usage_error(
          fmt::format("{}: it has several hosts: {}, {}", file_, printable(host_), printable(name)),
          "give each host a file of its own"));
    }
    host_ = name;
    return {};
  }

  Result<void> take_statistics(const Json& element) {
    if (!element.is_object() || !element.contains("timestamp")) return {};
    recognised_ = true;
    if (!element.contains("network") || !element["network"].contains("net-dev")) return {};
    network_ = true;
    const Json& stamp = element["timestamp"];
    std::string time = fmt::format("{} {}", text_at(stamp, "date"), text_at(stamp, "time"));
    const double utc = number_at(stamp, "utc");
    if (utc == 1) time += 'Z';
    if (const double epoch = number_at(stamp, "sec"); !is_missing(epoch)) {
      time = fmt::format("{:.0f}", epoch);
    }
    const double interval = number_at(stamp, "interval");
    for (const Json& device : element["network"]["net-dev"]) {
      SeriesBuilder* const builder = groups_.find("", text_at(device, "iface"), shape_);
      if (builder == nullptr) continue;
      if (auto added = builder->add(
              time, {.rx = number_at(device, "rxkB"), .tx = number_at(device, "txkB")},
              interval > 0 && interval < 1e9 ? static_cast<std::uint32_t>(interval) : 0);
          !added) {
        return added;
      }
    }
    return {};
  }

  const std::string& file_;
  const ReadOptions& options_;
  Series shape_;
  bool recognised_ = false;
  bool network_ = false;
  std::string host_;
  SeriesGroups groups_{file_, options_};
};

}  // namespace

std::unique_ptr<JsonReader> sysstat_json(const std::string& file, const ReadOptions& options) {
  return std::make_unique<SysstatJson>(file, options);
}

}  // namespace cgtally::series
