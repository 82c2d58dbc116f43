// SPDX-License-Identifier: Apache-2.0
// Text for terminals: columns of a fixed width, colour, and names made harmless. Names come from
// outside (anyone may name a cgroup), so characters that control a terminal are shown as '?'. Width
// is counted in code points; libfmt's own padding may count another width, so names are padded here
// and fmt pads only figures.
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

// The text cut in the middle to at most `width` columns, with ".." at the cut. A path keeps its
// last component whole if that fits, if need be alone: "/kubepods..e/redis.service",
// "redis.service".
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

// ASCII letters only, independent of the locale.
[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);

// The text between ANSI escapes that set the colour `code` ("1;31") and reset it; unchanged if
// `colour` is false.
[[nodiscard]] std::string coloured(std::string text, std::string_view code, bool colour);

// "98.5 %" "207 %"; "-" without a value. Only a whole share is "100 %": 99.97 % is shown as
// "99.9 %".
[[nodiscard]] std::string percent(const std::optional<double>& share);

}  // namespace cgtally
