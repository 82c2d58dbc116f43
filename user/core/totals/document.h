// SPDX-License-Identifier: Apache-2.0
// The JSON of `cgtally totals`: one document. Keys are never renamed or removed; later versions add
// some.
#pragma once

#include <cstddef>
#include <string>

#include "core/totals/report.h"

namespace cgtally {

// The accounts are the first `most` rows; the sum is that of all rows.
[[nodiscard]] std::string totals_document(const TotalsReport& report, std::size_t most);

}  // namespace cgtally
