// SPDX-License-Identifier: Apache-2.0
// The CSV of `size`: one row for each instance type and way of counting. The columns and their
// order are a contract: new ones are appended.
#pragma once

#include <string>

#include "core/sizing/screen.h"

namespace cgtally::csv {

[[nodiscard]] std::string sizing_header();                           // one line, with its '\n'
[[nodiscard]] std::string sizing_row(const sizing::SizingRow& row);  // likewise

}  // namespace cgtally::csv
