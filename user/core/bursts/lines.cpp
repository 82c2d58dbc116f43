// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/lines.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kStart = 12, kDirection = 2, kLength = 7, kVolume = 8, kPeak = 6, kShare = 6,
                      kExceeded = 6, kCause = 10;
constexpr std::size_t kOthers = kStart + kDirection + kLength + kVolume + kPeak + kShare +
                                kExceeded + kCause + 8;  // spaces between nine columns
constexpr std::size_t kLeastAccount = 8;
constexpr std::uint64_t kMostDigits = 100'000;

struct Texts {
  std::string start, iface, direction, length, volume, peak, account, share, exceeded, cause;
};

std::string join(const Texts& texts, const BurstLayout& layout) {
  const std::size_t names = layout.interface_columns == 0 ? 0 : layout.interface_columns + 1;
  const std::size_t left = kColumns - kOthers;
  const std::size_t account = left > names + kLeastAccount ? left - names : kLeastAccount;
  const std::string iface =
      names == 0 ? "" : pad_right(shorten(texts.iface, layout.interface_columns), names);
  return fmt::format("{:<{}} {}{:<{}} {:>{}} {:>{}} {:>{}} {} {:>{}} {:>{}} {}", texts.start,
                     kStart, iface, texts.direction, kDirection, texts.length, kLength,
                     texts.volume, kVolume, texts.peak, kPeak,
                     pad_right(shorten(texts.account, account), account), texts.share, kShare,
                     texts.exceeded, kExceeded, texts.cause);
}

std::string exceeded_text(std::uint64_t packets) {
  return packets < kMostDigits ? format_count(packets) : format_bit_rate_short({packets});
}

long percent_of(Bytes part, Bytes whole, bool up) {
  if (whole.value == 0) return 0;
  const double share = static_cast<double>(part.value) * 100.0 / static_cast<double>(whole.value);
  return std::lround(up ? std::ceil(share - 0.5) : share);
}

}  // namespace

std::string format_clock_with_milliseconds(Nanoseconds wall) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(wall);
  const auto part = std::chrono::duration_cast<std::chrono::milliseconds>(wall - whole).count();
  std::string clock = format_clock(wall);
  clock.pop_back();  // the table's header says UTC
  return fmt::format("{}.{:03}", clock, part);
}

std::string format_length(Nanoseconds length) {
  using namespace std::chrono_literals;
  if (length >= 10s) return format_duration(length);
  const auto microseconds = length / 1us;
  if (microseconds < 1000) return fmt::format("{} us", microseconds);
  const auto tenths = microseconds / 100;
  if (tenths % 10 == 0) return fmt::format("{} ms", tenths / 10);
  return fmt::format("{}.{} ms", tenths / 10, tenths % 10);
}

std::string format_share(const Burst& burst) {
  if (burst.shares.empty()) return "-";
  const BurstShare& top = burst.shares.front();
  const long least = percent_of(top.least, burst.bytes, false);
  const long most = percent_of(top.most, burst.bytes, true);
  if (most <= least + 1) return fmt::format("{}%", least);
  return fmt::format("{}-{}%", least, most);
}

std::string burst_header(const BurstLayout& layout) {
  return join({.start = "START (UTC)",
               .iface = "IFACE",
               .direction = "",
               .length = "LEN",
               .volume = "VOLUME",
               .peak = "PEAK",
               .account = "TOP ACCOUNT",
               .share = "SHARE",
               .exceeded = "EXCEED",
               .cause = "CAUSE"},
              layout);
}

std::string burst_line(const ExplainedBurst& burst, Nanoseconds wall, const std::string& account,
                       const BurstLayout& layout) {
  return join({.start = format_clock_with_milliseconds(wall),
               .iface = printable(burst.iface),
               .direction = std::string(direction_name(burst.direction)),
               .length = format_length(burst.burst.length()) + (burst.burst.incomplete ? "+" : ""),
               .volume = format_bytes(burst.burst.bytes),
               .peak = format_bit_rate_short(burst.burst.peak_rate()),
               .account = printable(account),
               .share = format_share(burst.burst),
               .exceeded = burst.exceeded ? exceeded_text(*burst.exceeded) : "-",
               .cause = burst.under_way ? "so far" : std::string(cause_name(burst.verdict.cause))},
              layout);
}

std::string repeated_words(std::uint64_t count, Bytes mean, Nanoseconds length) {
  return fmt::format("x {} of {} in {}", format_count(count), format_bytes(mean),
                     format_duration(length));
}

std::string burst_group_line(const BurstGroup& group, const BurstLayout& layout) {
  const ExplainedBurst& first = group.first.burst;
  const std::string account = group.first.account.empty() ? "(not told)" : group.first.shown();
  if (group.count == 1) return burst_line(first, group.first.wall, account, layout);
  const std::size_t names = layout.interface_columns == 0 ? 0 : layout.interface_columns + 1;
  const std::string iface =
      names == 0 ? "" : pad_right(shorten(printable(first.iface), layout.interface_columns), names);
  const std::string begin = fmt::format(
      "{} {}{} {}, peak {} ", format_clock_with_milliseconds(group.first.wall), iface,
      direction_name(first.direction), repeated_words(group.count, group.mean(), group.length()),
      format_bit_rate_short(group.peak));
  const bool known = first.verdict.cause != BurstCause::unknown;
  const std::string cause = known ? fmt::format(" {}", cause_name(first.verdict.cause)) : "";
  const std::size_t taken = display_width(begin) + cause.size();
  const std::size_t left = std::max(kColumns - std::min(taken, kColumns), kLeastAccount);
  return begin + shorten(printable(account), left) + cause;
}

std::string burst_progress_words(const ExplainedBurst& burst, Nanoseconds wall,
                                 const std::string& account) {
  const std::string top =
      account.empty() ? "" : fmt::format(", {} {}", printable(account), format_share(burst.burst));
  return fmt::format("{} {} over {} since {}: {} so far, {}{}", printable(burst.iface),
                     direction_name(burst.direction), format_bit_rate(burst.burst.threshold),
                     format_clock_with_milliseconds(wall), format_duration(burst.burst.length()),
                     format_bytes(burst.burst.bytes), top);
}

}  // namespace cgtally
