// SPDX-License-Identifier: Apache-2.0
// The workload that a series of another monitor shows, for `size`.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/series/series.h"
#include "core/sizing/workload.h"

namespace cgtally::monitor {

struct MeasuredWorkload {
  sizing::Workload load;
  std::string sources;  // the lines that say what the file was taken for
  std::string notes;
};
// Drops the points of the series on the way. Time of which nothing is known counts for nothing.
[[nodiscard]] Result<MeasuredWorkload> workload_of(Series& series);

}  // namespace cgtally::monitor
