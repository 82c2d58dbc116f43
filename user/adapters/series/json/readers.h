// SPDX-License-Identifier: Apache-2.0
// One reader for each JSON that is understood. Each takes the elements that json_rows hands over
// and knows by the names of their arrays which of them are its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/series/common/builder.h"
#include "adapters/series/common/cloudwatch.h"
#include "adapters/series/common/options.h"
#include "adapters/series/common/selection.h"
#include "adapters/series/json/json_rows.h"

namespace cgtally::series {

// Used by json_series.cpp, which keeps one of each kind for a file.
class JsonReader {
 public:
  virtual ~JsonReader() = default;
  [[nodiscard]] virtual Result<void> take(const std::string& array, const Json& element) = 0;
  // True once an element has shown that the file is of this kind.
  [[nodiscard]] virtual bool recognised() const = 0;
  [[nodiscard]] virtual Result<std::vector<Series>> finish() = 0;
};

[[nodiscard]] std::unique_ptr<JsonReader> cloudwatch_json(const std::string& file,
                                                          const ReadOptions& options);
[[nodiscard]] std::unique_ptr<JsonReader> sysstat_json(const std::string& file,
                                                       const ReadOptions& options);
[[nodiscard]] std::unique_ptr<JsonReader> vnstat_json(const std::string& file,
                                                      const ReadOptions& options);
[[nodiscard]] std::unique_ptr<JsonReader> prometheus_json(const std::string& file,
                                                          const ReadOptions& options);

}  // namespace cgtally::series
