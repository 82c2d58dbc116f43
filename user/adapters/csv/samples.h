// SPDX-License-Identifier: Apache-2.0
// The samples CSV: its columns in their order, a row as text, and text as rows. Reading is strict:
// what is not understood is an error with its line, never a guess. Columns are found by name, and
// columns that a later version appended are passed over.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/sample.h"

namespace cgtally::csv {

[[nodiscard]] std::string samples_header();                   // one line, with its '\n'
[[nodiscard]] std::string samples_row(const Sample& sample);  // likewise

// Gives each row to `on_sample` as it is read, so that a recording of any length fits. Errors begin
// with `name` and the line; an error of on_sample ends the reading and is passed on as it is.
using OnSample = std::function<Result<void>(const Sample& sample, std::size_t line)>;
[[nodiscard]] Result<void> for_each_sample(std::istream& in, const std::string& name,
                                           const OnSample& on_sample);

[[nodiscard]] Result<std::vector<Sample>> read_samples(std::istream& in);
[[nodiscard]] Result<std::vector<Sample>> read_samples(const std::string& path);

}  // namespace cgtally::csv
