// SPDX-License-Identifier: Apache-2.0
// Text for terminals: columns of a fixed width, colour, and names made harmless. Width is counted
// in columns: two for a wide character (CJK, emoji), none for a combining one. libfmt's own padding
// may count another width, so names are padded here and fmt pads only figures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cgtally {

// Of ASCII, whatever the locale says.
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Names come from outside: anyone may name a cgroup, an interface or a host with any bytes. Both
// functions return valid UTF-8 without characters that control a terminal, turn the order in which
// text is shown or have no shape; each byte of one, and each byte that is not UTF-8, is "\x1b", as
// systemd writes it.
//
// escape_name() is for the place where a raw name enters: different names stay different. A
// backslash is itself escaped ("\x5c") only where it would read as one of these escapes, so that
// the "\x2d" of systemd's units stays. Not to be used twice on a name.
[[nodiscard]] std::string escape_name(std::string_view raw);
// printable() is for the places where text leaves, whatever it is; escaped names pass unchanged.
[[nodiscard]] std::string printable(std::string_view text);
// The same for text of several lines: each '\n' stays, and ends a line of ours.
[[nodiscard]] std::string printable_lines(std::string_view text);
[[nodiscard]] std::size_t display_width(std::string_view text);
// The beginning of the text that fits into `width` columns; never a part of a character.
[[nodiscard]] std::string_view clip(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);  // "ab  "
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);   // "  ab"

// The text cut in the middle to at most `width` columns, with ".." at the cut. A path keeps its
// last component whole if that fits, if need be with nothing but the mark, or alone, when the
// missing slash says that more was there: "/kubepods..e/redis", "../redis", "redis".
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);
// Each of `texts` cut like that. Different texts stay different: where the cut would make them the
// same, each ends with a mark of its own that only depends on the text: "/kubepo../redis~9f3a".
[[nodiscard]] std::vector<std::string> shorten_all(const std::vector<std::string>& texts,
                                                   std::size_t width);
// The same with a width for each.
[[nodiscard]] std::vector<std::string> shorten_all(const std::vector<std::string>& texts,
                                                   const std::vector<std::size_t>& widths);
// The same for names of things that may have one name: what has another identity stays different,
// also where the whole name fits; the mark only depends on the identity.
[[nodiscard]] std::vector<std::string> shorten_all(const std::vector<std::string>& texts,
                                                   const std::vector<std::string>& identities,
                                                   const std::vector<std::size_t>& widths);

// Text in lines of at most `width` columns, broken at blanks but never within a figure and its
// unit; lines after the first are indented. A word that is longer than a line is cut as by
// shorten().
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width,
                                            std::size_t indent);

// The character in UTF-8; `code` is at most 0x10FFFF.
void append_utf8(std::string& text, char32_t code);

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
