// SPDX-License-Identifier: Apache-2.0
// `cgtally compare` on recordings: reads the files of all hosts, and compares the two sides.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/compare/compare.h"
#include "core/compare/series_builder.h"

namespace cgtally::monitor {

struct ComparisonRequest {
  std::vector<std::string> files;
  std::vector<std::string> interfaces;  // names or globs; empty: all
  compare::Sides sides;
  compare::CompareOptions options;
};

// An Error if a file does not tell requests: recordings of earlier versions lack those columns.
[[nodiscard]] Result<compare::CompareReport> compare_recordings(const ComparisonRequest& request);

// Of rows that were added, from files or from a session. An Error if a side matched no account.
[[nodiscard]] Result<compare::CompareReport> compare_rows(const compare::SeriesBuilder& rows,
                                                          const ComparisonRequest& request);

}  // namespace cgtally::monitor
