// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/selection.h"

#include <fmt/core.h>

#include <algorithm>

#include "adapters/series/common/names.h"
#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/series/join.h"
#include "core/series/metric_names.h"

namespace cgtally::series {

bool SeriesGroups::wanted(const std::string& iface) const {
  if (iface.empty()) return true;
  if (options_.interfaces.empty()) return !is_internal(iface);
  return std::ranges::any_of(
      options_.interfaces, [&iface](const std::string& glob) { return matches_glob(glob, iface); });
}

SeriesBuilder* SeriesGroups::find(const std::string& host, const std::string& iface,
                                  const Series& shape) {
  const auto found = builders_.find({host, iface});
  if (found != builders_.end()) return &found->second;
  if (!wanted(iface)) {
    constexpr std::size_t kMost = 50;
    if (left_out_.size() < kMost) left_out_.insert(iface);
    return nullptr;
  }
  Series series = shape;
  series.node = host;
  return &builders_.try_emplace({host, iface}, options_, std::move(series)).first->second;
}

Result<std::vector<Series>> SeriesGroups::finish(const Series& shape) && {
  if (builders_.empty() && !left_out_.empty()) {
    return std::unexpected(usage_error(fmt::format("{}: no interface is chosen", file_),
                                       fmt::format("choose with -i; the file has {}",
                                                   listed({left_out_.begin(), left_out_.end()}))));
  }
  std::vector<Series> result;
  std::vector<std::pair<std::string, Series>> of_host;
  std::string host;
  const auto close = [&]() -> Result<void> {
    if (of_host.empty()) return {};
    auto one = one_of(std::move(of_host));
    of_host.clear();
    if (!one) return std::unexpected(std::move(one).error());
    result.push_back(*std::move(one));
    return {};
  };
  for (auto& [key, builder] : builders_) {
    if (key.first != host) {
      if (auto closed = close(); !closed) return std::unexpected(std::move(closed).error());
      host = key.first;
    }
    auto series = std::move(builder).finish();
    if (!series) return std::unexpected(std::move(series).error());
    of_host.emplace_back(key.second, *std::move(series));
  }
  if (auto closed = close(); !closed) return std::unexpected(std::move(closed).error());
  if (result.empty()) result.push_back(shape);
  return result;
}

Result<Series> SeriesGroups::one_of(std::vector<std::pair<std::string, Series>> found) const {
  std::vector<std::string> names;
  for (const auto& [iface, series] : found) names.push_back(iface);
  if (names.front().empty() && !options_.interfaces.empty()) {
    return std::unexpected(
        usage_error(fmt::format("{}: its rows name no interface, so -i cannot choose", file_),
                    "leave out -i, or choose by the column: --tx-column NAME"));
  }
  if (found.size() > 1 && options_.interfaces.empty()) {
    return std::unexpected(usage_error(
        fmt::format("{}: it has several series: {}", file_, listed(names)),
        "choose one with -i NAME; interfaces of one instance are summed if -i names each"));
  }
  std::vector<Series> parts;
  for (auto& [iface, series] : found) parts.push_back(std::move(series));
  auto sum = sum_of(std::move(parts));
  if (!sum) return sum;
  if (!names.front().empty()) {
    sum->format += fmt::format(", {}", listed(names));
    if (!left_out_.empty()) {
      sum->notes.push_back(
          fmt::format("left out: {}", listed({left_out_.begin(), left_out_.end()})));
    }
  }
  return sum;
}

}  // namespace cgtally::series
