// SPDX-License-Identifier: Apache-2.0
// Series that belong together: interfaces of one instance are summed, pages of one export and the
// two directions of one node are put together. What belongs to different nodes stays apart.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/series/series.h"

namespace cgtally {

// The sum of several interfaces of one instance, row by row. An interface counts as silent before
// its first row and after its last one; a row that lacks between them is missing. Counters are not
// summed: one that begins again would be hidden by the others.
[[nodiscard]] Result<Series> sum_of(std::vector<Series> series);

// The series of each node, in the order of the files, with its points in order. `by_file`: each
// file is a node of its own.
[[nodiscard]] Result<std::vector<Series>> join_nodes(std::vector<Series> series, bool by_file);

}  // namespace cgtally
