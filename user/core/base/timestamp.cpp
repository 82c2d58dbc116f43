// SPDX-License-Identifier: Apache-2.0
// The proleptic Gregorian calendar of <chrono>; no locale, no time zone data.
#include "core/base/timestamp.h"

#include <fmt/core.h>

#include "core/base/text.h"

namespace cgtally {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";

std::string date(Nanoseconds wall) {
  const year_month_day day{sys_days{std::chrono::floor<days>(wall)}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string time_of_day(Nanoseconds wall) {
  const std::chrono::hh_mm_ss time{wall - std::chrono::floor<days>(wall)};
  return fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

bool has_shape(std::string_view text) {
  if (text.size() <= kShape.size() || text.back() != 'Z') return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// The text between the seconds and the Z: empty, or a point and up to nine digits.
std::optional<Nanoseconds> parse_fraction(std::string_view text) {
  if (text.empty()) return Nanoseconds::zero();
  text.remove_prefix(1);
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::string digits(text);
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
  }
  digits.append(9 - digits.size(), '0');
  return Nanoseconds{number(digits)};
}

}  // namespace

std::string format_timestamp(Nanoseconds wall) {
  const Nanoseconds fraction = wall - std::chrono::floor<std::chrono::seconds>(wall);
  return fmt::format("{}T{}.{:09}Z", date(wall), time_of_day(wall), fraction.count());
}

std::string format_date_time(Nanoseconds wall) {
  return fmt::format("{} {}", date(wall), format_clock(wall));
}

std::string format_clock(Nanoseconds wall) { return fmt::format("{}Z", time_of_day(wall)); }

std::string time_beside(Nanoseconds wall, Nanoseconds begin, Nanoseconds end) {
  const auto day = [](Nanoseconds time) { return std::chrono::floor<days>(time); };
  return day(wall) == day(begin) && day(wall) == day(end) ? format_clock(wall)
                                                          : format_date_time(wall);
}

std::optional<Nanoseconds> parse_timestamp(std::string_view text) {
  if (!has_shape(text)) return std::nullopt;
  const std::string_view rest = text.substr(kShape.size(), text.size() - kShape.size() - 1);
  if (!rest.empty() && rest.front() != '.') return std::nullopt;
  const auto fraction = parse_fraction(rest);
  const year_month_day day{std::chrono::year{number(text.substr(0, 4))},
                           std::chrono::month{static_cast<unsigned>(number(text.substr(5, 2)))},
                           std::chrono::day{static_cast<unsigned>(number(text.substr(8, 2)))}};
  const int hours = number(text.substr(11, 2));
  const int minutes = number(text.substr(14, 2));
  const int seconds = number(text.substr(17, 2));
  // 64 bits of nanoseconds end in 2262; a time and kLongest after it must still be within.
  if (!fraction || !day.ok() || day.year() < std::chrono::year{1970} ||
      day.year() > std::chrono::year{2199} || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  return sys_days{day}.time_since_epoch() + std::chrono::hours{hours} +
         std::chrono::minutes{minutes} + std::chrono::seconds{seconds} + *fraction;
}

}  // namespace cgtally
