// SPDX-License-Identifier: Apache-2.0
// Numbers with units for people. Rates have three significant digits, byte totals one decimal;
// rounding that reaches 1000 moves on to the next prefix, so that "1000 k" is never shown.
#include <fmt/core.h>

#include <array>
#include <string>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

using Wide = unsigned __int128;

constexpr std::array<const char*, 7> kPrefixes{"", "k", "M", "G", "T", "P", "E"};
constexpr std::array<const char*, 4> kTimeUnits{"ns", "us", "ms", "s"};

struct Scaled {
  std::string digits;
  std::size_t thousands = 0;  // how many times the value was divided by 1000
};

std::string with_point(std::uint64_t value, int decimals) {
  std::string digits = std::to_string(value);
  if (decimals > 0) digits.insert(digits.size() - static_cast<std::size_t>(decimals), 1, '.');
  return digits;
}

// `value` divided by `unit`, as a count of tenths, hundredths...: `decimals` digits after the
// point.
std::uint64_t rounded(std::uint64_t value, std::uint64_t unit, int decimals) {
  Wide shifted = value;
  for (int i = 0; i < decimals; ++i) shifted *= 10;
  return static_cast<std::uint64_t>((shifted + unit / 2) / unit);
}

Scaled three_digits(std::uint64_t value) {
  if (value < 1000) return {std::to_string(value), 0};
  std::uint64_t unit = 1000;
  for (std::size_t thousands = 1;; ++thousands, unit *= 1000) {
    for (int decimals = 2; decimals >= 0; --decimals) {
      const auto shown = rounded(value, unit, decimals);
      if (shown < 1000) return {with_point(shown, decimals), thousands};
    }
  }
}

}  // namespace

std::string format_bit_rate_short(BitRate rate) {
  const auto [digits, thousands] = three_digits(rate.bits_per_second);
  return thousands == 0 ? digits : fmt::format("{} {}", digits, kPrefixes[thousands]);
}

std::string format_bit_rate(BitRate rate) {
  const auto [digits, thousands] = three_digits(rate.bits_per_second);
  return fmt::format("{} {}bit/s", digits, kPrefixes[thousands]);
}

std::string format_bytes(Bytes bytes) {
  if (bytes.value < 1000) return fmt::format("{} B", bytes.value);
  std::uint64_t unit = 1000;
  for (std::size_t thousands = 1;; ++thousands, unit *= 1000) {
    const auto tenths = rounded(bytes.value, unit, 1);
    if (tenths < 10'000) {
      return fmt::format("{} {}B", with_point(tenths, 1), kPrefixes[thousands]);
    }
  }
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4) {
    digits.insert(digits.size() - from_end, 1, ' ');
  }
  return digits;
}

std::string format_packet_rate(PacketRate rate) { return format_count(rate.packets_per_second); }

std::string format_duration(Nanoseconds span) {
  using namespace std::chrono;
  if (span < Nanoseconds::zero()) return fmt::format("-{}", format_duration(-span));
  if (span < minutes{1}) {
    const auto [digits, thousands] = three_digits(static_cast<std::uint64_t>(span.count()));
    return fmt::format("{} {}", digits, kTimeUnits[thousands]);
  }
  const auto whole = duration_cast<seconds>(span).count();
  if (span < hours{1}) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (span < days{1}) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / 86400, whole / 3600 % 24);
}

}  // namespace cgtally
