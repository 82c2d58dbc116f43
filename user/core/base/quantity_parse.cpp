// SPDX-License-Identifier: Apache-2.0
// A typed quantity is a decimal number and a unit; a duration may have several pairs, the larger
// unit first. Exact in integers; a result that does not fit into 64 bits is an error, never
// clipped.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};

struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  std::uint64_t fraction_scale = 1;  // 10 to the number of digits after the point
};

constexpr std::uint64_t kMostUnits = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kFinestFraction = 1'000'000'000;

// Removes leading digits from `text` and returns their value; empty if `text` begins with no digit
// or the value exceeds 64 bits.
std::optional<std::uint64_t> remove_digits(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    if (value > (kMostUnits - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<Decimal> remove_decimal(std::string_view& text) {
  Decimal number;
  const auto whole = remove_digits(text);
  if (!whole) return std::nullopt;
  number.whole = *whole;
  if (!text.starts_with('.')) return number;
  text.remove_prefix(1);
  const std::size_t before = text.size();
  const auto fraction = remove_digits(text);
  if (!fraction) return std::nullopt;
  number.fraction = *fraction;
  for (std::size_t digit = text.size(); digit < before; ++digit) {
    if (number.fraction_scale == kFinestFraction) return std::nullopt;
    number.fraction_scale *= 10;
  }
  return number;
}

std::optional<std::uint64_t> scaled(const Decimal& number, std::uint64_t scale) {
  const Wide value =
      Wide{number.whole} * scale +
      (Wide{number.fraction} * scale + number.fraction_scale / 2) / number.fraction_scale;
  if (value > kMostUnits) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

std::optional<std::uint64_t> parse_one(std::string_view text, std::span<const Unit> units) {
  const auto number = remove_decimal(text);
  if (!number) return std::nullopt;
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  return scaled(*number, unit->scale);
}

std::optional<Nanoseconds> duration_of(std::string_view text) {
  static constexpr std::array<Unit, 7> kUnits{{{"d", 86'400'000'000'000},
                                               {"h", 3'600'000'000'000},
                                               {"m", 60'000'000'000},
                                               {"s", 1'000'000'000},
                                               {"ms", 1'000'000},
                                               {"us", 1'000},
                                               {"ns", 1}}};
  constexpr auto kLongest = static_cast<std::uint64_t>(Nanoseconds::max().count());
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::uint64_t last_scale = kMostUnits;
  while (!text.empty()) {
    const auto number = remove_decimal(text);
    if (!number) return std::nullopt;
    const auto end = std::ranges::find_if(text, is_digit);
    const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    const auto unit = std::ranges::find(kUnits, name, &Unit::name);
    if (unit == kUnits.end() || unit->scale >= last_scale) return std::nullopt;
    const auto part = scaled(*number, unit->scale);
    if (!part || *part > kLongest || total > kLongest - *part) return std::nullopt;
    total += *part;
    last_scale = unit->scale;
    text.remove_prefix(name.size());
  }
  return Nanoseconds{static_cast<Nanoseconds::rep>(total)};
}

Error refused(std::string_view text, std::string_view quantity, const char* hint) {
  return usage_error(fmt::format("'{}' is not {}", text, quantity), hint);
}

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
  if (const auto value = duration_of(text)) return *value;
  return std::unexpected(
      refused(text, "a duration", "write a number and a unit: 100ms, 1s, 2m30s, 1h or 2d"));
}

Result<BitRate> parse_bit_rate(std::string_view text) {
  static constexpr std::array<Unit, 5> kUnits{{{"bit", 1},
                                               {"kbit", 1'000},
                                               {"mbit", 1'000'000},
                                               {"gbit", 1'000'000'000},
                                               {"tbit", 1'000'000'000'000}}};
  std::string typed = lower(text);
  if (typed.ends_with("/s")) typed.resize(typed.size() - 2);
  if (const auto value = parse_one(typed, kUnits)) return BitRate{*value};
  return std::unexpected(refused(
      text, "a bit rate", "write a number and bit, kbit, Mbit, Gbit or Tbit (per second): 64Mbit"));
}

Result<Bytes> parse_bytes(std::string_view text) {
  // Exact case: MB, Mb and mb mean three things to three people.
  static constexpr std::array<Unit, 10> kUnits{{{"B", 1},
                                                {"kB", 1'000},
                                                {"KB", 1'000},
                                                {"MB", 1'000'000},
                                                {"GB", 1'000'000'000},
                                                {"TB", 1'000'000'000'000},
                                                {"KiB", 1ULL << 10},
                                                {"MiB", 1ULL << 20},
                                                {"GiB", 1ULL << 30},
                                                {"TiB", 1ULL << 40}}};
  if (const auto value = parse_one(text, kUnits)) return Bytes{*value};
  return std::unexpected(
      refused(text, "a number of bytes",
              "write a number and B, kB, MB, GB or TB (or KiB, MiB, GiB, TiB): 100MB"));
}

}  // namespace cgtally
