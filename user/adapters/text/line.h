// SPDX-License-Identifier: Apache-2.0
// Lines of text that somebody else wrote: of a bounded length, whatever the file holds.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

#include "core/base/result.h"

namespace cgtally::text {

constexpr std::size_t kLongestLine = 1024UL * 1024;

// std::getline(), but an Error after kLongestLine bytes without an end: false at the end of `in`.
[[nodiscard]] Result<bool> read_line(std::istream& in, std::string& line);

}  // namespace cgtally::text
