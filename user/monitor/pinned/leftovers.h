// SPDX-License-Identifier: Apache-2.0
// Filters that a killed cgtally left on the interfaces of this netns. Only kernels without tcx
// (before 6.6) keep them: a tcx link goes with the process that holds it.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/health/ledger_status.h"

namespace cgtally::monitor {

// Empty also where the interfaces cannot be listed.
[[nodiscard]] std::vector<Leftover> find_leftovers();
// Deletes them; the number that there were.
Result<int> remove_leftovers();

}  // namespace cgtally::monitor
