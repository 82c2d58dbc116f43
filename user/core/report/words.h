// SPDX-License-Identifier: Apache-2.0
// Small words and figures that the parts of a report share.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/traffic/direction.h"

namespace cgtally::report {

// "1 burst", "2 301 bursts".
[[nodiscard]] inline std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

[[nodiscard]] inline Bytes whole_bytes(double bytes) {
  return {bytes > 0 ? static_cast<std::uint64_t>(std::llround(bytes)) : 0};
}

[[nodiscard]] inline BitRate whole_rate(double bits_per_second) {
  return {bits_per_second > 0 ? static_cast<std::uint64_t>(std::llround(bits_per_second)) : 0};
}

// "89.7 %"; only the whole is 100 %.
[[nodiscard]] inline std::string share_words(double part, double whole) {
  if (!(whole > 0)) return "-";
  if (part >= whole) return "100 %";
  return fmt::format("{:.1f} %", std::floor(1000 * part / whole) / 10);
}

// "sent" "received".
[[nodiscard]] inline std::string_view moved_word(Direction direction) {
  return direction == Direction::tx ? "sent" : "received";
}

// For the beginning of a sentence.
[[nodiscard]] inline std::string capital(std::string text) {
  if (!text.empty()) text[0] = upper(text.substr(0, 1))[0];
  return text;
}

}  // namespace cgtally::report
