// SPDX-License-Identifier: Apache-2.0
// The credits CSV: one row for each direction and interval. The columns and their order are a
// contract: new ones are appended. A value that is not known is an empty field, never 0.
#pragma once

#include <string>
#include <vector>

#include "core/credits/report.h"

namespace cgtally::csv {

[[nodiscard]] std::string credits_header();                                       // with its '\n'
[[nodiscard]] std::vector<std::string> credits_rows(const CreditReport& report);  // likewise

}  // namespace cgtally::csv
