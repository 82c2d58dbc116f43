// SPDX-License-Identifier: Apache-2.0
// What `size` found, as CSV: one row for each type and way of counting. Columns are only appended.
#pragma once

#include <string>

#include "core/sizing/screen.h"

namespace cgtally::csv {

[[nodiscard]] std::string sizing_header();                           // one line, with its '\n'
[[nodiscard]] std::string sizing_row(const sizing::SizingRow& row);  // likewise

}  // namespace cgtally::csv
