// SPDX-License-Identifier: Apache-2.0
// Finds out what wrote a file, and reads its series. The one entry to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/series/common/options.h"
#include "adapters/text/input.h"
#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally::series {

// True if cgtally itself wrote it: a recording of samples, or another of its CSVs.
[[nodiscard]] bool is_ours(std::string_view head);
// All series of a file of another monitor; at least one. An Error says what lacks and how to tell
// it.
[[nodiscard]] Result<std::vector<Series>> read_series(text::Input& input,
                                                      const ReadOptions& options);
// An Error if an option has no meaning, such as a zone that does not exist.
[[nodiscard]] Result<void> check(const ReadOptions& options);

}  // namespace cgtally::series
