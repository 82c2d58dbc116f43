// SPDX-License-Identifier: Apache-2.0
// UTF-8 is cut between code points and otherwise passed on; its control characters are not.
#include "core/base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

constexpr std::string_view kCut = "..";
constexpr std::size_t kLeastHead = 6;  // a shorter beginning of a path helps no reader

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The first, or the last, `count` code points.
std::string_view head(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!continues(text[end]) && count-- == 0) break;
  }
  return text.substr(0, end);
}

std::string_view tail(std::string_view text, std::size_t count) {
  const std::size_t all = display_width(text);
  return all <= count ? text : text.substr(head(text, all - count).size());
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    if (byte < 0x20 || byte == 0x7F) shown[i] = '?';
    // U+0080 to U+009F: control characters too, in two bytes.
    const bool c1 = byte == 0xC2 && i + 1 < shown.size() &&
                    static_cast<unsigned char>(shown[i + 1]) < 0xA0 && continues(shown[i + 1]);
    if (c1) shown.replace(i, 2, "?");
  }
  return shown;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string shorten(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width <= kCut.size()) return std::string(head(text, width));
  const std::size_t room = width - kCut.size();
  std::size_t end = room - room / 3;
  if (const std::size_t slash = text.rfind('/'); slash != std::string_view::npos) {
    const std::size_t last = display_width(text.substr(slash));
    if (last > width + 1) return shorten(text.substr(slash + 1), width);
    if (last + kLeastHead > room) return std::string(text.substr(slash + 1));
    end = last;
  }
  return fmt::format("{}{}{}", head(text, room - end), kCut, tail(text, end));
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return result;
}

std::string coloured(std::string text, std::string_view code, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::move(text);
}

std::string percent(const std::optional<double>& share) {
  if (!share) return "-";
  if (*share >= 1.0) return fmt::format("{:.0f} %", std::floor(*share * 100.0));
  const double tenths = std::min(*share * 1000.0, 999.4);
  return fmt::format("{:.1f} %", tenths / 10.0);
}

}  // namespace cgtally
