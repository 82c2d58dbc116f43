// SPDX-License-Identifier: Apache-2.0
// The series of one file, by host and interface. Which interfaces count is what -i says; without
// -i, the one that is left after those that never leave the host. Several are never summed unasked.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/series/common/builder.h"
#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

// Readers of files with several interfaces or hosts keep their builders here.
class SeriesGroups {
 public:
  SeriesGroups(const std::string& file, const ReadOptions& options)
      : file_(file), options_(options) {}

  // The builder for rows of that interface, made of `shape` when first seen; nullptr: its rows do
  // not count. Empty names are fine.
  [[nodiscard]] SeriesBuilder* find(const std::string& host, const std::string& iface,
                                    const Series& shape);
  // One series for each host. With no rows at all: an empty one of that shape.
  [[nodiscard]] Result<std::vector<Series>> finish(const Series& shape) &&;

 private:
  [[nodiscard]] bool wanted(const std::string& iface) const;
  [[nodiscard]] Result<Series> one_of(std::vector<std::pair<std::string, Series>> found) const;

  const std::string& file_;
  const ReadOptions& options_;
  std::map<std::pair<std::string, std::string>, SeriesBuilder> builders_;
  std::set<std::string> left_out_;
};

}  // namespace cgtally::series
