// SPDX-License-Identifier: Apache-2.0
// One account in detail: a minute of each direction, its totals, connections, credits, bursts, and
// its life.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/live/header.h"
#include "core/live/words.h"
#include "core/screen/pages.h"

namespace cgtally::screen {
namespace {

constexpr std::size_t kLabel = 13;
constexpr std::size_t kMostBurstLines = 5;
constexpr std::size_t kMostInterfaceLines = 8;
constexpr std::size_t kMostMemberLines = 12;

std::string rate_text(double bytes_per_second, bool bytes) {
  const auto bits = static_cast<std::uint64_t>(std::llround(bytes_per_second * 8));
  if (!bytes) return format_bit_rate({bits});
  return fmt::format("{}/s",
                     format_bytes({static_cast<std::uint64_t>(std::llround(bytes_per_second))}));
}

// A labelled line, wrapped as the width asks for.
void add_fact(std::vector<Line>& lines, std::string_view label, const std::string& text,
              std::size_t width) {
  for (const std::string& line :
       wrap(pad_right(label, kLabel) + text, std::max<std::size_t>(width, kLabel + 1), kLabel)) {
    lines.emplace_back(line);
  }
}

PerDirection<MinuteHistory::Seconds> minute_of(const std::vector<const BookEntry*>& entries,
                                               const View& view, Nanoseconds now) {
  PerDirection<MinuteHistory::Seconds> sums{};
  for (const BookEntry* entry : entries) {
    for (const auto& [iface, part] : entry->interfaces) {
      if (view.iface.empty() || iface == view.iface) part.history.add_to(sums, now);
    }
  }
  return sums;
}

// The seconds side by side, each as often as the width allows.
std::vector<double> widened(const MinuteHistory::Seconds& seconds, std::size_t width) {
  const std::size_t times = std::max<std::size_t>(width / seconds.size(), 1);
  std::vector<double> values;
  for (const double value : seconds) values.insert(values.end(), times, value);
  if (values.size() > width) {
    values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(width));
  }
  return values;
}

void add_direction(std::vector<Line>& lines, const Row& row, const View& view,
                   const MinuteHistory::Seconds& seconds, Direction direction, const Size& size) {
  const bool rx = direction == Direction::rx;
  const Rates& now = row.line.rates;
  const BitRate rate = rx ? now.rx : now.tx;
  const double mean =
      std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
  Line title(fmt::format("{}  {}", direction_name(direction),
                         rate_text(static_cast<double>(rate.bits_per_second) / 8, view.bytes)),
             Style::heading);
  title.add(fmt::format("   {} p/s   last minute: peak {}, mean {}",
                        format_packet_rate(rx ? now.rx_packets : now.tx_packets),
                        rate_text(std::ranges::max(seconds), view.bytes),
                        rate_text(mean, view.bytes)));
  lines.push_back(std::move(title));
  const std::size_t height = std::clamp<std::size_t>(size.rows / 10, 1, 8);
  for (const std::string& line : chart(widened(seconds, size.columns), height, size.unicode)) {
    lines.emplace_back(line, Style::bar);
  }
}

void add_interfaces_of(std::vector<Line>& lines, const std::vector<const BookEntry*>& entries,
                       std::size_t width) {
  std::map<std::string, std::pair<Traffic, Traffic>> sums;  // moved and totals
  Nanoseconds interval{};
  for (const BookEntry* entry : entries) {
    interval = std::max(interval, entry->interval);
    for (const auto& [iface, part] : entry->interfaces) {
      sums[iface].first += part.moved;
      sums[iface].second += part.totals;
    }
  }
  std::size_t shown = 0;
  for (const auto& [iface, sum] : sums) {
    if (++shown > kMostInterfaceLines) break;
    const Rates now = rates(sum.first, interval);
    add_fact(lines, shown == 1 ? "interfaces" : "",
             fmt::format("{}  rx {} tx {}   total rx {} tx {}", printable(iface),
                         format_bit_rate(now.rx), format_bit_rate(now.tx),
                         format_bytes(sum.second.rx_bytes), format_bytes(sum.second.tx_bytes)),
             width);
  }
}

std::string credits_words(const Content& content, const Row& row) {
  if (content.report.credits.empty()) return content.no_credits;
  std::string words;
  for (const DirectionCredit& credit : content.report.credits) {
    const auto& named = credit.top_accounts.named;
    const auto found = std::ranges::find(named, row.line.account, &TopAccount::account);
    const std::string share = found != named.end() ? percent(found->share)
                              : named.empty()      ? "-"
                                                   : "less than " + percent(named.back().share);
    words += fmt::format("{}{} of {}", words.empty() ? "" : ", ", share,
                         direction_name(credit.direction));
  }
  return words + " in the last 10 s";
}

void add_bursts_of(std::vector<Line>& lines, const Content& content,
                   const std::vector<const BookEntry*>& entries, const Row& row,
                   std::size_t width) {
  const auto is_ours = [&](const LoggedBurst& burst) {
    return burst.account == row.line.account ||
           std::ranges::any_of(
               entries, [&](const BookEntry* entry) { return entry->account == burst.account; });
  };
  const auto count = std::ranges::count_if(content.bursts, is_ours);
  add_fact(lines, "bursts",
           content.bursts.empty() && !content.no_bursts.empty()
               ? content.no_bursts
               : fmt::format("{} of the last {}", count, content.bursts.size()),
           width);
  std::size_t shown = 0;
  for (auto burst = content.bursts.rbegin(); burst != content.bursts.rend(); ++burst) {
    if (!is_ours(*burst)) continue;
    if (++shown > kMostBurstLines) break;
    lines.emplace_back("  " + burst->line);
  }
}

std::string life_words(const Content& content, const BookEntry& entry) {
  std::string words =
      entry.from_the_start
          ? fmt::format("was there at {}, when the screen began", format_clock(entry.first_seen))
          : fmt::format("first seen at {}", format_clock(entry.first_seen));
  if (entry.ended) {
    words += fmt::format(", ended at {}, {} ago", format_clock(entry.ended_wall),
                         format_duration(content.book.now().boot - *entry.ended));
  }
  return words;
}

void add_life(std::vector<Line>& lines, const Content& content,
              const std::vector<const BookEntry*>& entries, const Row& row, std::size_t width) {
  if (row.members == 0 && entries.size() == 1) {
    add_fact(lines, "life", life_words(content, *entries.front()), width);
    return;
  }
  std::size_t shown = 0;
  for (const BookEntry* entry : entries) {
    if (++shown > kMostMemberLines) {
      add_fact(lines, "", fmt::format("and {} more", entries.size() - kMostMemberLines), width);
      return;
    }
    add_fact(lines, shown == 1 ? "members" : "",
             fmt::format("{}: {}", printable(entry->label), life_words(content, *entry)), width);
  }
}

}  // namespace

std::vector<Line> account_page(const Content& content, const View& view, const Row* row,
                               const Size& size) {
  const std::size_t width = std::max<std::size_t>(size.columns, 1);
  if (row == nullptr) {
    return {Line("The account is not there any more, or the filter hides it.", Style::warning)};
  }
  const AccountLine& line = row->line;
  const std::string clock = format_clock(content.report.taken.wall);
  std::vector<Line> lines{Line(
      with_right_end(printable(line.shown()) + exit_mark(line), clock, width), Style::heading)};
  if (line.shown() != line.account) {
    lines.emplace_back(shorten(printable(line.account), width), Style::dim);
  }
  const auto entries = entries_of(content.book, view, row->key());
  const auto minute = minute_of(entries, view, content.book.now().boot);
  for (const Direction direction : {Direction::tx, Direction::rx}) {
    add_direction(lines, *row, view, minute[direction], direction, size);
  }
  lines.emplace_back();
  add_fact(
      lines, "total",
      fmt::format("rx {} in {} packets   tx {} in {} packets", format_bytes(line.totals.rx_bytes),
                  format_count(line.totals.rx_packets.value), format_bytes(line.totals.tx_bytes),
                  format_count(line.totals.tx_packets.value)),
      width);
  add_interfaces_of(lines, entries, width);
  add_fact(lines, "connections",
           fmt::format("{} open   {} new/s   {} resets/s   queue delay p99 {}",
                       connections_words(line), format_packet_rate(line.rates.connections),
                       format_packet_rate(line.rates.resets), delay_words(line)),
           width);
  add_fact(lines, "credits", credits_words(content, *row), width);
  add_bursts_of(lines, content, entries, *row, width);
  add_life(lines, content, entries, *row, width);
  return lines;
}

}  // namespace cgtally::screen
