// SPDX-License-Identifier: Apache-2.0
// The CSV of `size`: one row for each instance type and way of counting. The columns and their
// order are a contract: new ones are appended.
#pragma once

#include <string>

#include "core/sizing/screen.h"
#include "core/sizing/what_if.h"

namespace cgtally::csv {

[[nodiscard]] std::string sizing_header();                           // one line, with its '\n'
[[nodiscard]] std::string sizing_row(const sizing::SizingRow& row);  // likewise

// The CSV of `replay --as`: one row for each type and direction.
[[nodiscard]] std::string what_if_header();
[[nodiscard]] std::string what_if_row(const sizing::WhatIf& one, Nanoseconds first_wall);

}  // namespace cgtally::csv
