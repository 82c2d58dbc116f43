// SPDX-License-Identifier: Apache-2.0
// A Report as text. A frame fills a screen of the given size (80 columns suffice); the plain lines
// are for pipes and files: whole names, no colour, and each line can be understood alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/live/report.h"

namespace cgtally {

struct ScreenLayout {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool colour = false;
  std::size_t top = 1000;  // accounts at most
};

[[nodiscard]] std::vector<std::string> frame(const Report& report, const ScreenLayout& layout);
[[nodiscard]] std::vector<std::string> plain_lines(const Report& report, std::size_t top);

}  // namespace cgtally
