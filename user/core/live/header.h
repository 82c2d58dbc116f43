// SPDX-License-Identifier: Apache-2.0
// The first lines of the screen: the ledger, the interfaces, and what is known of credits and
// bursts. 80 columns suffice.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/live/report.h"

namespace cgtally {

// For a screen of that size: the busiest interfaces, and as much of the rest as leaves room for
// accounts.
[[nodiscard]] std::vector<std::string> header_lines(const Report& report, std::size_t columns,
                                                    std::size_t rows);
// One line with texts at both ends; the right one is left out if both do not fit.
[[nodiscard]] std::string with_right_end(const std::string& left, const std::string& right,
                                         std::size_t width);

}  // namespace cgtally
