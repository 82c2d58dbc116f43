// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

constexpr std::size_t kAccountColumns = 40;
constexpr std::size_t kMostAccounts = 65'536;

std::string share_of(Bytes part, Bytes whole) {
  if (whole.value == 0) return "0 %";
  const auto tenths =
      std::llround(static_cast<double>(part.value) * 1000.0 / static_cast<double>(whole.value));
  return fmt::format("{}.{} %", tenths / 10, tenths % 10);
}

std::string time_text(std::uint64_t nanoseconds) {
  return format_duration(Nanoseconds(static_cast<Nanoseconds::rep>(nanoseconds)));
}

std::string bytes_text(std::uint64_t bytes) { return format_bytes(Bytes{bytes}); }

template <typename Text>
std::string distribution_text(const Histogram& histogram, Text text) {
  return fmt::format("p50 {}, p90 {}, max {}", text(histogram.percentile(0.5)),
                     text(histogram.percentile(0.9)), text(histogram.greatest()));
}

}  // namespace

void BurstTotals::add_traffic(Direction direction, Bytes bytes) {
  directions_[direction].all += bytes;
}

void BurstTotals::add_missed(std::uint64_t windows) { missed_ += windows; }

void BurstTotals::add_missed_traffic(Direction direction, Bytes bytes) {
  directions_[direction].missed += bytes;
}

void BurstTotals::add_exceeded(Direction direction, std::uint64_t packets) {
  auto& exceeded = directions_[direction].exceeded;
  exceeded = exceeded.value_or(0) + packets;
}

void BurstTotals::add(const ExplainedBurst& burst, const std::string& account,
                      const std::string& label) {
  const Burst& what = burst.burst;
  directions_[burst.direction].in_bursts += what.bytes;
  ++directions_[burst.direction].bursts;
  lengths_.add(static_cast<std::uint64_t>(what.length().count()));
  volumes_.add(what.bytes.value);
  const auto [last, first] = last_end_.try_emplace({burst.iface, burst.direction}, what.end());
  if (!first) {
    if (what.start() > last->second) {
      gaps_.add(static_cast<std::uint64_t>((what.start() - last->second).count()));
    }
    last->second = what.end();
  }
  if (accounts_.size() >= kMostAccounts && !accounts_.contains(account)) return;
  AccountRank& rank = accounts_[account];
  ++rank.led;
  rank.label = label.empty() ? account : label;
  if (!what.shares.empty()) rank.bytes += what.shares.front().least;
}

std::string BurstTotals::volume_words() const {
  std::string words;
  for (const Direction direction : kDirections) {
    const DirectionTotals& totals = directions_[direction];
    if (totals.bursts == 0) continue;
    words += fmt::format("{}{} = {} of {} bytes", words.empty() ? "" : ", ",
                         format_bytes(totals.in_bursts), share_of(totals.in_bursts, totals.all),
                         direction_name(direction));
  }
  return words;
}

std::string BurstTotals::missed_words() const {
  std::string words =
      fmt::format("{} {} missed", format_count(missed_), missed_ == 1 ? "window" : "windows");
  const Bytes held = directions_.rx.missed + directions_.tx.missed;
  if (held.value > 0) words += fmt::format(", with {}", format_bytes(held));
  if (late_.value > 0) {
    words += fmt::format("; {} came after their window was judged", format_bytes(late_));
  }
  return words;
}

std::vector<std::string> BurstTotals::account_lines(std::size_t top) const {
  std::vector<std::pair<std::string, AccountRank>> ranked(accounts_.begin(), accounts_.end());
  std::ranges::stable_sort(ranked, std::greater{},
                           [](const auto& one) { return one.second.bytes; });
  ranked.resize(std::min(ranked.size(), top));
  std::vector<std::string> names;
  std::vector<std::string> accounts;
  for (const auto& [account, rank] : ranked) {
    names.push_back(printable(rank.label));
    accounts.push_back(account);
  }
  names = shorten_all(names, accounts, std::vector(names.size(), kAccountColumns));
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const AccountRank& rank = ranked[i].second;
    lines.push_back(fmt::format("{:<10}{} led {} with {}", lines.empty() ? "top" : "",
                                pad_right(names[i], kAccountColumns), format_count(rank.led),
                                format_bytes(rank.bytes)));
  }
  return lines;
}

std::vector<std::string> BurstTotals::verdict_lines() const {
  std::vector<std::string> lines;
  for (const Direction direction : kDirections) {
    const auto& exceeded = directions_[direction].exceeded;
    if (!exceeded) continue;
    lines.push_back(fmt::format("{} exceeded {}{}", direction_name(direction),
                                format_count(*exceeded),
                                *exceeded == 0 ? ": QUIET, nothing was held back" : " packets"));
  }
  return lines;
}

std::vector<std::string> BurstTotals::lines(Nanoseconds duration, std::size_t top) const {
  const std::uint64_t count = lengths_.count();
  std::string head = fmt::format("{}: {} {}", format_duration(duration), format_count(count),
                                 count == 1 ? "burst" : "bursts");
  if (count > 0) head += fmt::format(", {}", volume_words());
  std::vector<std::string> lines{head};
  if (count > 0) {
    lines.push_back(fmt::format("length    {}", distribution_text(lengths_, time_text)));
    lines.push_back(fmt::format("volume    {}", distribution_text(volumes_, bytes_text)));
  }
  if (gaps_.count() > 0) {
    lines.push_back(fmt::format("gaps      min {}, {}", time_text(gaps_.least()),
                                distribution_text(gaps_, time_text)));
  }
  std::ranges::copy(account_lines(top), std::back_inserter(lines));
  lines.push_back(fmt::format("windows   {}", missed_words()));
  std::ranges::copy(verdict_lines(), std::back_inserter(lines));
  return lines;
}

}  // namespace cgtally
