// SPDX-License-Identifier: Apache-2.0
// The marks of a plot's axes: round values and round moments in UTC, with their words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/units.h"

namespace cgtally::html {

enum class Quantity : std::uint8_t { bit_rate, bytes };

struct Mark {
  double value = 0;  // of a moment: nanoseconds since 1970
  std::string words;
};

// From 0 on, at most `most` + 1; the last one is not below `top`. Words: "200 Mbit/s", "1.5 GB".
[[nodiscard]] std::vector<Mark> value_marks(double top, std::size_t most, Quantity quantity);
// Between two moments: "11:42", "11:42:05", or "11-20" where a day begins.
[[nodiscard]] std::vector<Mark> time_marks(Nanoseconds begin, Nanoseconds end, std::size_t most);

}  // namespace cgtally::html
