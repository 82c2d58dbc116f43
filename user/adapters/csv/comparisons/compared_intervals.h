// SPDX-License-Identifier: Apache-2.0
// The CSV of `compare --csv`: one row for each interval and quantity, in the order of time.
#pragma once

#include <string>
#include <vector>

#include "core/compare/compare.h"

namespace cgtally::csv {

[[nodiscard]] std::string compared_header();  // one line, with its '\n'
[[nodiscard]] std::vector<std::string> compared_rows(const compare::CompareReport& report);

}  // namespace cgtally::csv
