// SPDX-License-Identifier: Apache-2.0
#include "core/series/times.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/text.h"
#include "core/series/numbers.h"

namespace cgtally {
namespace {

using std::chrono::year_month_day;

Error not_a_time(std::string_view text, std::string_view why = "is not a time") {
  return {.what = fmt::format("\"{}\" {}", text, why),
          .hint =
              "correct that line, or name another column; times are 2026-11-26T10:00:00+01:00 "
              "or like that, or seconds since 1970"};
}

// Takes numbers and marks off the front of a text; remembers the first that was not there.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : text_(text) {}

  int digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < text_.size() && is_digit(text_[count])) {
      value = value * 10 + (text_[count++] - '0');
    }
    if (count < least) good_ = false;
    text_.remove_prefix(count);
    return value;
  }
  bool accept(char mark) {
    if (text_.empty() || text_.front() != mark) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char mark) { good_ = accept(mark) && good_; }
  void fail() { good_ = false; }
  void skip(std::size_t count) { text_.remove_prefix(count); }
  [[nodiscard]] char next() const { return text_.empty() ? '\0' : text_.front(); }
  [[nodiscard]] std::string_view rest() const { return text_; }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view text_;
  bool good_ = true;
};

// The ticks of 100 ns of Windows (since 1601) and of .NET (since year 1); as nanoseconds since 1970
// they would be of 1973 to 2001.
bool may_be_ticks(std::string_view text) {
  return text.size() == 18 && std::ranges::all_of(text, is_digit);
}

// Whole numbers are read exactly; a fraction only needs a double's 15 digits.
std::optional<Nanoseconds> since_1970(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end || !std::isfinite(value) || value < 0) return std::nullopt;
  // By size: as seconds, the first of these would be the year 5138.
  const std::int64_t unit = value < 1e11   ? 1'000'000'000
                            : value < 1e14 ? 1'000'000
                            : value < 1e17 ? 1'000
                                           : 1;
  if (value * static_cast<double>(unit) >= 9.2e18) return std::nullopt;
  std::int64_t whole = 0;
  if (const auto exact = std::from_chars(text.data(), end, whole); exact.ptr == end) {
    return Nanoseconds(whole * unit);
  }
  whole = static_cast<std::int64_t>(value);
  // To the microsecond, below which such a text says nothing.
  const double fraction = std::round((value - static_cast<double>(whole)) * 1e6) / 1e6;
  return Nanoseconds(whole * unit +
                     static_cast<std::int64_t>(fraction * static_cast<double>(unit)));
}

// True for 20261126, 2026112610 and 202611261000: a date without marks, or some seconds or
// milliseconds since 1970. 14 digits are no such time in this century.
bool may_be_date(std::string_view text) {
  if (text.size() != 8 && text.size() != 10 && text.size() != 12) return false;
  if (!std::ranges::all_of(text, is_digit) || !text.starts_with("20")) return false;
  const auto two = [text](std::size_t at) {
    return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0'));
  };
  const year_month_day day{std::chrono::year{2000 + static_cast<int>(two(2))},
                           std::chrono::month{two(4)}, std::chrono::day{two(6)}};
  return day.ok() && (text.size() < 10 || two(8) < 24) && (text.size() < 12 || two(10) < 60);
}

year_month_day date_of(int year, int month, int day) {
  return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
          std::chrono::day{static_cast<unsigned>(day)}};
}

struct ScannedDate {
  year_month_day day{};
  DateOrder order = DateOrder::none;
  year_month_day month_first{};  // where the order is `either`
};

// 26/11/2026, 11/26/2026; 11/12/2026 may be both.
ScannedDate scan_slashes(TimeScanner& scan) {
  const int one = scan.digits(1, 2);
  scan.expect('/');
  const int two = scan.digits(1, 2);
  scan.expect('/');
  const int year = scan.digits(4, 4);
  const year_month_day day_first = date_of(year, two, one);
  const year_month_day month_first = date_of(year, one, two);
  if (!month_first.ok()) return {.day = day_first, .order = DateOrder::day_first};
  if (!day_first.ok()) return {.day = month_first, .order = DateOrder::month_first};
  if (day_first == month_first) return {.day = day_first};
  return {.day = day_first, .order = DateOrder::either, .month_first = month_first};
}

// 2026-11-26, 2026/11/26, 26.11.2026, 20261126, and those with the year last.
ScannedDate scan_date(TimeScanner& scan, std::string_view text) {
  if (text.size() > 5 && (text[2] == '/' || text[1] == '/')) return scan_slashes(scan);
  const bool day_first = text.size() > 2 && (text[2] == '.' || text[1] == '.');
  int year = 0;
  int month = 0;
  int day = 0;
  if (day_first) {
    day = scan.digits(1, 2);
    scan.expect('.');
    month = scan.digits(1, 2);
    scan.expect('.');
    year = scan.digits(4, 4);
  } else {
    year = scan.digits(4, 4);
    if (is_digit(scan.next())) {
      month = scan.digits(2, 2);
      day = scan.digits(2, 2);
    } else {
      const char mark = scan.next() == '/' ? '/' : '-';
      scan.expect(mark);
      month = scan.digits(1, 2);
      scan.expect(mark);
      day = scan.digits(1, 2);
    }
  }
  return {.day = date_of(year, month, day)};
}

Nanoseconds scan_clock(TimeScanner& scan) {
  const std::size_t whole = scan.rest().size();
  const int hours = scan.digits(1, 2);
  // 100000 of 20261126T100000
  const bool marks = scan.next() == ':' || whole - scan.rest().size() != 2;
  if (marks) scan.expect(':');
  const int minutes = scan.digits(2, 2);
  int seconds = 0;
  int fraction = 0;
  if (marks ? scan.accept(':') : is_digit(scan.next())) {
    seconds = scan.digits(2, 2);
    if (scan.accept('.') || scan.accept(',')) {
      const std::size_t before = scan.rest().size();
      fraction = scan.digits(1, 9);
      for (std::size_t digits = before - scan.rest().size(); digits < 9; ++digits) fraction *= 10;
    }
  }
  if (hours > 23 || minutes > 59 || seconds > 60) scan.fail();
  return std::chrono::hours{hours} + std::chrono::minutes{minutes} + std::chrono::seconds{seconds} +
         Nanoseconds{fraction};
}

// "10:00:00 PM": moves the clock of a time with AM or PM; false if its hour is not one of those.
bool accept_half_of_day(TimeScanner& scan, Nanoseconds& clock) {
  // A narrow one that does not break is of browsers.
  static constexpr std::array<std::string_view, 3> kBlanks{" ", "\xE2\x80\xAF", "\xC2\xA0"};
  const std::string_view text = scan.rest();
  const auto* const blank =
      std::ranges::find_if(kBlanks, [text](std::string_view one) { return text.starts_with(one); });
  const std::size_t before = blank == kBlanks.end() ? 0 : blank->size();
  const std::string_view rest = text.substr(before);
  const std::string half = upper(rest.substr(0, 2));
  if ((half != "AM" && half != "PM") || (rest.size() > 2 && rest[2] != ' ')) return true;
  scan.skip(before + 2);
  const auto hour = std::chrono::floor<std::chrono::hours>(clock).count();
  if (hour < 1 || hour > 12) return false;
  if (hour == 12) clock -= std::chrono::hours{12};
  if (half == "PM") clock += std::chrono::hours{12};
  return true;
}

// The distance from UTC that the rest of the text gives; std::nullopt: there is none.
std::optional<Nanoseconds> scan_zone(TimeScanner& scan) {
  while (scan.accept(' ')) {
  }
  const std::string_view rest = scan.rest();
  if (rest.empty()) return std::nullopt;
  if (rest == "Z" || rest == "z" || rest == "UTC" || rest == "GMT") return Nanoseconds::zero();
  const bool west = rest.front() == '-';
  if (!scan.accept('+') && !scan.accept('-')) {
    scan.fail();
    return std::nullopt;
  }
  const int hours = scan.digits(2, 2);
  int minutes = 0;
  if (!scan.rest().empty()) {
    scan.accept(':');
    minutes = scan.digits(2, 2);
  }
  if (!scan.rest().empty() || hours > 15 || minutes > 59) scan.fail();
  const Nanoseconds offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return west ? -offset : offset;
}

std::string_view plain_rest(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

bool is_zone_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z')) return false;
  }
  return true;
}

// 10:00:00, 10:00:00 PM
Result<ReadTime> time_of_day(std::string_view text) {
  TimeScanner clock(text);
  Nanoseconds value = scan_clock(clock);
  const bool hour = accept_half_of_day(clock, value);
  if (!hour || !clock.good() || !clock.rest().empty()) return std::unexpected(not_a_time(text));
  return ReadTime{.value = value, .local = true, .clock_only = true};
}

Nanoseconds midnight_of(const year_month_day& day) {
  return std::chrono::sys_days{day}.time_since_epoch();
}

// As parse_timestamp() has it: 64 bits of nanoseconds end in 2262.
bool is_within_reach(const year_month_day& day) {
  return day.ok() && day.year() >= std::chrono::year{1970} && day.year() <= std::chrono::year{2199};
}

Result<ReadTime> date_and_time(std::string_view text) {
  TimeScanner scan(text);
  const ScannedDate date = scan_date(scan, text);
  Nanoseconds clock{};
  if (!scan.rest().empty()) {
    if (!scan.accept('T') && !is_digit(scan.next())) {
      scan.accept(',');  // of browsers: "26.11.2026, 10:00:00"
      scan.expect(' ');
      while (scan.accept(' ')) {
      }
    }
    clock = scan_clock(scan);
  }
  const bool before_zone = scan.good();
  if (!accept_half_of_day(scan, clock)) return std::unexpected(not_a_time(text));
  const std::string_view after_clock = plain_rest(scan.rest());
  const auto zone = scan_zone(scan);
  if (!before_zone || !is_within_reach(date.day)) return std::unexpected(not_a_time(text));
  std::string_view name;
  if (!scan.good()) {
    if (!is_zone_name(after_clock)) return std::unexpected(not_a_time(text));
    name = after_clock;
  }
  const Nanoseconds of_day = clock - zone.value_or(Nanoseconds::zero());
  ReadTime read{
      .value = midnight_of(date.day) + of_day, .local = !zone, .zone = name, .order = date.order};
  if (date.order == DateOrder::either) read.month_first = midnight_of(date.month_first) + of_day;
  return read;
}

}  // namespace

Result<ReadTime> parse_series_time(std::string_view text) {
  if (may_be_date(text)) {
    return std::unexpected(not_a_time(text, "can be read two ways: a date, or a time since 1970"));
  }
  if (may_be_ticks(text)) {
    return std::unexpected(not_a_time(text, "is in ticks of 100 ns, or of before 2001"));
  }
  if (const auto value = since_1970(text)) {
    if (!lacks_digits(text)) return ReadTime{.value = *value};
    return std::unexpected(not_a_time(text, "is rounded: its last digits are missing"));
  }
  if (text.size() >= 7 && (text[2] == ':' || text[1] == ':')) return time_of_day(text);
  return date_and_time(text);
}

}  // namespace cgtally
