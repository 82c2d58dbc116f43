// SPDX-License-Identifier: Apache-2.0
// UTF-8 is cut between code points and otherwise passed on; what controls a terminal is escaped.
#include "core/base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace cgtally {
namespace {

constexpr std::string_view kCut = "..";
constexpr std::size_t kLeastHead = 6;  // a shorter beginning of a path helps no reader

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The length of the code point at the beginning of `text`, which is not empty, and its value;
// length 0 if those bytes are not UTF-8.
struct CodePoint {
  std::size_t length = 0;
  std::uint32_t value = 0;
};

CodePoint first_code_point(std::string_view text) {
  constexpr std::uint32_t kLast = 0x10FFFF;
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};  // by length
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {.length = 1, .value = lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7FU >> length);
  for (const char c : text.substr(1, length - 1)) {
    if (!continues(c)) return {};
    value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  }
  const bool surrogate = 0xD800 <= value && value <= 0xDFFF;
  if (value < kLeast.at(length) || value > kLast || surrogate) return {};
  return {.length = length, .value = value};
}

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

// East Asian Wide and Fullwidth, and what is shown as an emoji (Unicode 15); blocks are rounded up.
constexpr auto kWide = std::to_array<CodeRange>({
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},
    {0x26F2, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274E},   {0x2753, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},
    {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F19A},
    {0x1F200, 0x1F64F}, {0x1F680, 0x1F7FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
});

// The combining characters that names have; one that is missing here leaves a line too short.
constexpr auto kCombining = std::to_array<CodeRange>({
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x6D6, 0x6DC},   {0x900, 0x902},   {0x93C, 0x93C},   {0x941, 0x948},   {0x94D, 0x94D},
    {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
});

template <std::size_t kSize>
bool is_in(const std::array<CodeRange, kSize>& ranges, std::uint32_t code) {
  const auto after = std::ranges::upper_bound(ranges, code, {}, &CodeRange::first);
  return after != ranges.begin() && code <= std::prev(after)->last;
}

// The bytes and the columns of the first character; a byte that is not UTF-8 has one column.
struct Character {
  std::size_t length = 1;
  std::size_t width = 1;
};

Character first_character(std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) return {};
  const CodePoint code = first_code_point(text);
  if (code.length == 0) return {};
  if (is_in(kCombining, code.value)) return {.length = code.length, .width = 0};
  return {.length = code.length, .width = is_in(kWide, code.value) ? 2U : 1U};
}

// The end of the text that fits into `width` columns.
std::string_view tail(std::string_view text, std::size_t width) {
  std::size_t all = display_width(text);
  while (all > width) {
    const Character first = first_character(text);
    all -= first.width;
    text.remove_prefix(first.length);
  }
  return text;
}

// C0, DEL and C1; the line and paragraph separators; what turns the direction of text round; and
// what has no shape at all (zero-width characters, the byte order mark, fillers, tags): each would
// show one name as another.
constexpr auto kDeceiving = std::to_array<CodeRange>({
    {0x0, 0x1F},
    {0x7F, 0x9F},
    {0xAD, 0xAD},
    {0x34F, 0x34F},
    {0x61C, 0x61C},
    {0x115F, 0x1160},
    {0x17B4, 0x17B5},
    {0x180B, 0x180F},
    {0x200B, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x206F},
    {0x3164, 0x3164},
    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},
    {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
});

std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if ('a' <= c && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

// True if `text` begins with what escape() makes of a byte.
bool reads_as_escape(std::string_view text) {
  if (text.size() < 4 || !text.starts_with("\\x")) return false;
  const auto high = hex_digit(text[2]);
  const auto low = hex_digit(text[3]);
  if (!high || !low) return false;
  const unsigned byte = *high << 4U | *low;
  return byte < 0x20 || byte >= 0x7F || byte == '\\';
}

// Looks at all bytes, without a way out before the end, so that compilers take many at a time.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= ' ' <= c && c <= '~' && c != '\\';
  return plain;
}

// "~9f3a": the first digits of FNV-1a.
std::string fingerprint(std::string_view text, int digits) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return "~" + fmt::format("{:08x}", hash).substr(0, static_cast<std::size_t>(digits));
}

template <typename Ambiguous>  // whether the first character of a text must be escaped, too
std::string escape(std::string_view text, const Ambiguous& ambiguous) {
  if (is_plain(text)) return std::string(text);
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    const std::size_t length = std::max<std::size_t>(first.length, 1);
    if (first.length == 0 || is_in(kDeceiving, first.value) || ambiguous(text)) {
      for (const char c : text.substr(0, length)) {
        result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace

std::string escape_name(std::string_view raw) { return escape(raw, reads_as_escape); }

std::string printable(std::string_view text) {
  return escape(text, [](std::string_view) { return false; });
}

std::string printable_lines(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    safe += printable(text.substr(0, end));
    if (end < text.size()) safe += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return safe;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character first = first_character(text);
    width += first.width;
    text.remove_prefix(first.length);
  }
  return width;
}

std::string_view clip(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character next = first_character(text.substr(end));
    if (next.width > width) break;
    width -= next.width;
    end += next.length;
  }
  return text.substr(0, end);
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
  if (width <= kCut.size()) return std::string(clip(text, width));
  const std::size_t room = width - kCut.size();
  std::size_t begin = room / 3;
  if (const std::size_t slash = text.rfind('/'); slash != std::string_view::npos) {
    const std::size_t last = display_width(text.substr(slash));
    if (last + kLeastHead <= room) {
      begin = room - last;
    } else if (last - 1 <= room) {
      return fmt::format("{}{}", kCut, tail(text, std::min(last, room)));
    } else {
      text.remove_prefix(slash + 1);
      if (last - 1 <= width) return std::string(text);
    }
  }
  return fmt::format("{}{}{}", clip(text, begin), kCut, tail(text, room - begin));
}

std::vector<std::string> shorten_all(const std::vector<std::string>& texts, std::size_t width) {
  return shorten_all(texts, std::vector<std::size_t>(texts.size(), width));
}

std::vector<std::string> shorten_all(const std::vector<std::string>& texts,
                                     const std::vector<std::size_t>& widths) {
  return shorten_all(texts, texts, widths);
}

std::vector<std::string> shorten_all(const std::vector<std::string>& texts,
                                     const std::vector<std::string>& identities,
                                     const std::vector<std::size_t>& widths) {
  std::map<std::string, std::string> first_of;  // by the cut text: whose it was first
  std::set<std::string> ambiguous;
  std::vector<std::string> cut;
  cut.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    cut.push_back(shorten(texts[i], widths[i]));
    const auto [first, fresh] = first_of.try_emplace(cut.back(), identities[i]);
    if (!fresh && first->second != identities[i]) ambiguous.insert(cut.back());
  }
  std::vector<std::string> marked = cut;
  for (const int digits : {4, 8}) {  // the second only if two marks are the same
    std::map<std::string, std::string> owner_of;
    bool different = true;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!ambiguous.contains(cut[i])) continue;
      const std::string mark = fingerprint(identities[i], digits);
      if (widths[i] > mark.size()) marked[i] = shorten(texts[i], widths[i] - mark.size()) + mark;
      different =
          different && owner_of.try_emplace(mark, identities[i]).first->second == identities[i];
    }
    if (different) break;
  }
  return marked;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::vector<std::string> lines;
  std::string before;  // the indent of the line that is being filled
  while (display_width(before) + display_width(text) > width) {
    // The last blank at which the line still fits; not the one between a figure and its unit.
    std::size_t cut = std::string_view::npos;
    for (std::size_t at = text.find(' ', 1); at != std::string_view::npos;
         at = text.find(' ', at + 1)) {
      const bool fits = display_width(before) + display_width(text.substr(0, at)) <= width;
      if (!fits && cut != std::string_view::npos) break;
      if (lines.empty() && at < indent) continue;  // within the label
      if (is_digit(text[at - 1]) || text[at - 1] == ' ') continue;
      cut = at;
      if (!fits) break;
    }
    if (cut == std::string_view::npos) break;
    lines.push_back(shorten(before + std::string(text.substr(0, cut)), width));
    text.remove_prefix(std::min(text.find_first_not_of(' ', cut), text.size()));
    before.assign(indent, ' ');
    if (text.empty()) return lines;
  }
  lines.push_back(shorten(before + std::string(text), width));
  return lines;
}

void append_utf8(std::string& text, char32_t code) {
  const auto byte = [&text](char32_t value) {
    text.push_back(static_cast<char>(static_cast<unsigned char>(value)));
  };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
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
