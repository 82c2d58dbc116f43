// SPDX-License-Identifier: Apache-2.0
// A Report as lines of text for pipes and files: whole names, no colour, and each line can be
// understood alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/live/report.h"

namespace cgtally {

[[nodiscard]] std::vector<std::string> plain_lines(const Report& report, std::size_t top);

}  // namespace cgtally
