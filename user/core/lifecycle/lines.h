// SPDX-License-Identifier: Apache-2.0
// A begin or an end in words: one line, and below an end a line for each thing that came after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lifecycle/row.h"

namespace cgtally::lifecycle {

// "1 packet", "2 301 packets"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// `width`: columns of the terminal, at least 80. Names are never cut.
[[nodiscard]] std::vector<std::string> lines_of(const Row& row, std::size_t width);

}  // namespace cgtally::lifecycle
