// SPDX-License-Identifier: Apache-2.0
// Writes and reads the CSV of `cgtally lifecycle`. Reading is strict, and finds columns by name:
// those that a later version appended are ignored.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "core/base/result.h"
#include "core/lifecycle/row.h"

namespace cgtally::csv {

[[nodiscard]] std::string lifecycle_header();                        // one line, with its '\n'
[[nodiscard]] std::string lifecycle_row(const lifecycle::Row& row);  // likewise

// Whether that is the first line of such a file, also of a later version.
[[nodiscard]] bool is_lifecycle_header(const std::string& line);

// Errors begin with `name` and the line; an Error of on_row ends the reading.
using OnLifecycleRow = std::function<Result<void>(const lifecycle::Row& row)>;
[[nodiscard]] Result<void> for_each_lifecycle_row(std::istream& in, const std::string& name,
                                                  const OnLifecycleRow& on_row);

}  // namespace cgtally::csv
