// SPDX-License-Identifier: Apache-2.0
// Text in columns of a fixed width. Names come from outside (anyone may name a cgroup): whatever
// could steer a terminal is shown as '?'. A column is counted in code points.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cgtally {

// Of ASCII, whatever the locale says.
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] std::string printable(std::string_view text);
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);  // "ab  "
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);   // "  ab"

// Cut in the middle to at most `width` columns, with ".." there. Of a path the last component stays
// whole where it fits, if need be alone: "/kubepods..e/redis.service", "redis.service".
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

// "98.5 %"; "-" where there was nothing to share. Never rounded up to 100 %.
[[nodiscard]] std::string percent(const std::optional<double>& share);

}  // namespace cgtally
