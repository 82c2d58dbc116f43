// SPDX-License-Identifier: Apache-2.0
// The meaning of a CloudWatch metric's figures: its direction by the metric's name, and its unit by
// unit and statistic. A Sum of bytes is what moved in the row's period. An Average of bytes is that
// of one sample, so it needs the time that a sample covers.
#pragma once

#include <string>
#include <string_view>

#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

struct CloudWatchMetric {
  std::string label;      // "NetworkOut"
  std::string unit;       // "Bytes"; empty: the file does not tell
  std::string statistic;  // "sum", "average"; empty: the file does not tell
  bool has_count =
      false;  // the rows tell how many samples they have: Average x SampleCount is a Sum
};

// The Series that such a metric makes, without its points. `format` is for the screen.
[[nodiscard]] Result<Series> cloudwatch_shape(const CloudWatchMetric& metric,
                                              const std::string& format, const std::string& file,
                                              const ReadOptions& options);
// To be called when all rows are there: says how an Average was read, or asks for what lacks.
[[nodiscard]] Result<void> settle_average(Series& series, const CloudWatchMetric& metric,
                                          const ReadOptions& options);

}  // namespace cgtally::series
