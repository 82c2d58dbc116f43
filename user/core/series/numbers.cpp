// SPDX-License-Identifier: Apache-2.0
// A mark that stands once before a group other than three digits is the decimal mark; one that
// stands several times, or before the other mark, separates thousands.
#include "core/series/numbers.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/text.h"
#include "core/series/series.h"

namespace cgtally {
namespace {

constexpr double kMost = 1e19;
// So many numbers of the form "1.234" without a sign of decimal commas: they are decimals.
constexpr std::uint32_t kEnough = 1000;

std::string_view stripped(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool stands_for_missing(std::string_view text) {
  static constexpr std::array<std::string_view, 18> kWords{
      "",     "nan", "null", "-",   "n/a",    "na",      "none",    "undefined",    "--",
      "#n/a", "\\n", "-nan", "nil", "(null)", "no data", "missing", "\xE2\x80\x93", "\xE2\x80\x94"};
  return std::ranges::find(kWords, lower(text)) != kWords.end();
}

Error not_a_number(std::string_view text) {
  return {.what = fmt::format("\"{}\" is not a number", text),
          .hint = "correct that line, or name another column"};
}

std::optional<double> plain(std::string_view text) {
  double value = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// "1,234,567" with ',': a first group of one to three digits, then groups of three.
bool grouped(std::string_view text, char mark) {
  std::size_t run = 0;
  bool first = true;
  for (const char c : text) {
    if (c == mark) {
      if (run == 0 || run > 3 || (!first && run != 3)) return false;
      first = false;
      run = 0;
    } else if (is_digit(c)) {
      ++run;
    } else {
      return false;
    }
  }
  return !first && run == 3;
}

std::string without(std::string_view text, char mark) {
  std::string result(text);
  std::erase(result, mark);
  return result;
}

// "1 234" and "1'234": blanks (narrow and thin ones too) and apostrophes (the typographic one too)
// between digits separate thousands.
std::string without_blanks(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kMarks{"\xC2\xA0", "\xE2\x80\xAF",
                                                          "\xE2\x80\x89", "\xE2\x80\x99", "'"};
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto* const mark = std::ranges::find_if(
        kMarks, [rest = text.substr(i)](std::string_view one) { return rest.starts_with(one); });
    result += mark == kMarks.end() ? text[i] : ' ';
    i += mark == kMarks.end() ? 1 : mark->size();
  }
  const std::string_view whole = std::string_view(result).substr(0, result.find_first_of(".,"));
  return grouped(whole, ' ') ? without(result, ' ') : result;
}

Result<ReadNumber> amount(double value, std::string_view text, std::optional<double> other = {}) {
  if (value >= 0 && value <= kMost) return ReadNumber{.value = value, .other = other};
  return std::unexpected(
      Error{.what = fmt::format("{} is not an amount of traffic", text),
            .hint = value < 0 ? "some monitors draw one direction below zero: export it without "
                                "the sign, or name another column"
                              : "correct that line, or name another column"});
}

}  // namespace

Result<void> NumberReader::learn(DecimalMark mark, std::string_view from) {
  if (mark_ == mark) return {};
  if (mark_ == DecimalMark::unknown) {
    mark_ = mark;
    learned_from_ = from;
    return {};
  }
  return std::unexpected(
      Error{.what = fmt::format("\"{}\" has a decimal {}, and {} has a {}", from,
                                mark == DecimalMark::comma ? "comma" : "point",
                                learned_from_.empty() ? "--decimal says that it"
                                                      : fmt::format("\"{}\"", learned_from_),
                                mark == DecimalMark::comma ? "point" : "comma"),
            .hint = "export the file with one kind of numbers, or give --decimal point or comma"});
}

Result<ReadNumber> NumberReader::read(std::string_view text) {
  text = stripped(text);
  if (const auto value = plain(text)) {
    // The usual case first: digits, and perhaps a point that can be nothing else.
    const auto point = text.find('.');
    if (point == std::string_view::npos) {
      has_long_ |= text.size() > 3;
      return amount(*value, text);
    }
    if (mark_ == DecimalMark::point) return amount(*value, text);
    return with_points(std::string(text), *value);
  }
  if (stands_for_missing(text)) return ReadNumber{.value = kMissing};
  return with_separators(text);
}

Result<ReadNumber> NumberReader::with_separators(std::string_view text) {
  const std::string digits = without_blanks(text);
  const auto comma = digits.rfind(',');
  const auto point = digits.rfind('.');
  if (comma == std::string::npos && point == std::string::npos) {
    const auto value = plain(digits);
    return value ? amount(*value, text) : std::unexpected(not_a_number(text));
  }
  if (comma == std::string::npos) {
    const auto value = plain(digits);
    if (value) return with_points(digits, *value);
    if (!grouped(digits, '.')) return std::unexpected(not_a_number(text));
    if (auto known = learn(DecimalMark::comma, text); !known) {
      return std::unexpected(std::move(known).error());
    }
    return amount(*plain(without(digits, '.')), text);
  }
  if (point == std::string::npos) return with_commas(digits);
  const bool comma_last = comma > point;
  const char thousands = comma_last ? '.' : ',';
  const std::string_view whole = std::string_view(digits).substr(0, std::max(comma, point));
  const bool whole_grouped =
      grouped(whole.substr(0, std::min(whole.size(), std::max(comma, point))), thousands);
  std::string number = without(digits, thousands);
  std::ranges::replace(number, ',', '.');
  const auto value = plain(number);
  if (!whole_grouped || !value) return std::unexpected(not_a_number(text));
  if (auto known = learn(comma_last ? DecimalMark::comma : DecimalMark::point, text); !known) {
    return std::unexpected(std::move(known).error());
  }
  return amount(*value, text);
}

// Only commas: "9000,25" "1,234,567" "1,234".
Result<ReadNumber> NumberReader::with_commas(const std::string& digits) {
  std::string decimal = digits;
  std::ranges::replace(decimal, ',', '.');
  const auto as_decimal = plain(decimal);
  const bool as_thousands = grouped(digits, ',') && !digits.starts_with("0");
  if (!as_decimal && !as_thousands) return std::unexpected(not_a_number(digits));
  if (as_decimal && as_thousands && mark_ == DecimalMark::unknown) {
    if (in_doubt_.empty()) in_doubt_ = digits;
    return amount(*plain(without(digits, ',')), digits, as_decimal);
  }
  const bool comma = as_decimal && (!as_thousands || mark_ == DecimalMark::comma);
  if (auto known = learn(comma ? DecimalMark::comma : DecimalMark::point, digits); !known) {
    return std::unexpected(std::move(known).error());
  }
  return amount(comma ? *as_decimal : *plain(without(digits, ',')), digits);
}

// One point: a decimal point, or in a file with decimal commas perhaps thousands.
Result<ReadNumber> NumberReader::with_points(const std::string& digits, double value) {
  const bool as_thousands = grouped(digits, '.') && !digits.starts_with("0");
  if (as_thousands && mark_ == DecimalMark::comma) {
    return amount(*plain(without(digits, '.')), digits);
  }
  if (as_thousands && mark_ == DecimalMark::unknown && ++plain_points_ < kEnough) {
    return amount(value, digits, value * 1000);
  }
  if (auto known = learn(DecimalMark::point, digits); !known) {
    return std::unexpected(std::move(known).error());
  }
  return amount(value, digits);
}

bool lacks_digits(std::string_view text) {
  constexpr std::size_t kShown = 6;
  constexpr int kLarge = 9;
  const auto mark = text.find_first_of("eE");
  if (mark == std::string_view::npos) return false;
  std::string_view power = text.substr(mark + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  int exponent = 0;
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  const auto digits = std::ranges::count_if(text.substr(0, mark), is_digit);
  return exponent >= kLarge && static_cast<std::size_t>(digits) <= kShown;
}

}  // namespace cgtally
