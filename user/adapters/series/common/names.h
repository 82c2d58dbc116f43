// SPDX-License-Identifier: Apache-2.0
// Names of columns and interfaces as they stand in a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cgtally::series {

// "a, b, c", made harmless.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);
// Without blanks around it.
[[nodiscard]] std::string plain_name(std::string_view text);

}  // namespace cgtally::series
