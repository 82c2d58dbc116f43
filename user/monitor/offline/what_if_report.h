// SPDX-License-Identifier: Apache-2.0
// The answer of `cgtally replay --as TYPE...`: one recording, ours or another monitor's, against
// several types.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/ec2/catalogue_file.h"
#include "core/base/result.h"
#include "core/series/intervals.h"
#include "core/sizing/what_if.h"
#include "core/sizing/workload.h"
#include "core/traffic/sample.h"

namespace cgtally::monitor {

// Gathers the workload while `replay` reads, and judges the types at the end. It reads no files.
class WhatIfReport {
 public:
  // `types`: names of the table, or globs.
  static Result<std::unique_ptr<WhatIfReport>> start(const std::vector<std::string>& types,
                                                     const std::string& catalogue_file);

  Result<void> add(const Sample& row, std::string_view where);
  void add(const SeriesInterval& interval);
  // The text of the screen. Writes the CSV first, if one is named.
  Result<std::string> finish(const csv::RowFile& file);

 private:
  WhatIfReport(ec2::LoadedCatalogue catalogue, const std::vector<std::string>& names);
  Result<sizing::RecordedWorkload> workload();

  ec2::LoadedCatalogue catalogue_;
  std::vector<const InstanceType*> types_;
  sizing::WorkloadBuilder rows_;
  bool has_rows_ = false;
  sizing::RecordedWorkload series_;
};

}  // namespace cgtally::monitor
