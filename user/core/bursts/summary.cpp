// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/summary.h"

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
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

std::string time_text(std::uint64_t nanoseconds) {
  return format_duration(Nanoseconds(static_cast<Nanoseconds::rep>(nanoseconds)));
}

std::string bytes_text(std::uint64_t bytes) { return format_bytes(Bytes{bytes}); }

template <typename Text>
std::string spread_text(const Histogram& spread, Text text) {
  return "p50 " + text(spread.percentile(0.5)) + ", p90 " + text(spread.percentile(0.9)) +
         ", max " + text(spread.greatest());
}

}  // namespace

void BurstTotals::add_traffic(Direction direction, Bytes bytes) { way(direction).all += bytes; }

void BurstTotals::add_missed(std::uint64_t windows) { missed_ += windows; }

void BurstTotals::add_missed_traffic(Direction direction, Bytes bytes) {
  way(direction).missed += bytes;
}

void BurstTotals::add_exceeded(Direction direction, std::uint64_t packets) {
  auto& exceeded = way(direction).exceeded;
  exceeded = exceeded.value_or(0) + packets;
}

void BurstTotals::add(const ExplainedBurst& burst, const std::string& account) {
  const Burst& what = burst.burst;
  way(burst.direction).in_bursts += what.bytes;
  ++way(burst.direction).bursts;
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
  auto& [led, bytes] = accounts_[account];
  ++led;
  if (!what.shares.empty()) bytes += what.shares.front().least;
}

std::string BurstTotals::volume_words() const {
  std::string words;
  for (const Direction direction : {Direction::rx, Direction::tx}) {
    if (way(direction).bursts == 0) continue;
    words += (words.empty() ? "" : ", ") + format_bytes(way(direction).in_bursts) + " = " +
             share_of(way(direction).in_bursts, way(direction).all) + " of " +
             std::string(direction_name(direction)) + " bytes";
  }
  return words;
}

std::string BurstTotals::missed_words() const {
  std::string words = format_count(missed_) + (missed_ == 1 ? " window" : " windows") + " missed";
  const Bytes held = way(Direction::rx).missed + way(Direction::tx).missed;
  if (held.value > 0) words += ", with " + format_bytes(held);
  if (late_.value > 0) {
    words += "; " + format_bytes(late_) + " came after their window was judged";
  }
  return words;
}

std::vector<std::string> BurstTotals::account_lines(std::size_t top) const {
  std::vector<std::pair<std::string, std::pair<std::uint64_t, Bytes>>> ranked(accounts_.begin(),
                                                                              accounts_.end());
  std::ranges::stable_sort(ranked, std::greater{},
                           [](const auto& one) { return one.second.second; });
  std::vector<std::string> lines;
  for (const auto& [account, what] : ranked) {
    if (lines.size() == top) break;
    lines.push_back((lines.empty() ? "top       " : "          ") +
                    pad_right(shorten(printable(account), kAccountColumns), kAccountColumns) +
                    " led " + format_count(what.first) + " with " + format_bytes(what.second));
  }
  return lines;
}

std::vector<std::string> BurstTotals::verdict_lines() const {
  std::vector<std::string> lines;
  for (const Direction direction : {Direction::rx, Direction::tx}) {
    const auto& exceeded = way(direction).exceeded;
    if (!exceeded) continue;
    lines.push_back(std::string(direction_name(direction)) + " exceeded " +
                    format_count(*exceeded) +
                    (*exceeded == 0 ? ": QUIET, nothing was held back" : " packets"));
  }
  return lines;
}

std::vector<std::string> BurstTotals::lines(Nanoseconds duration, std::size_t top) const {
  const std::uint64_t count = lengths_.count();
  std::string head =
      format_duration(duration) + ": " + format_count(count) + (count == 1 ? " burst" : " bursts");
  if (count > 0) head += ", " + volume_words();
  std::vector<std::string> lines{head};
  if (count > 0) {
    lines.push_back("length    " + spread_text(lengths_, time_text));
    lines.push_back("volume    " + spread_text(volumes_, bytes_text));
  }
  if (gaps_.count() > 0) {
    lines.push_back("gaps      min " + time_text(gaps_.least()) + ", " +
                    spread_text(gaps_, time_text));
  }
  std::ranges::copy(account_lines(top), std::back_inserter(lines));
  lines.push_back("windows   " + missed_words());
  std::ranges::copy(verdict_lines(), std::back_inserter(lines));
  return lines;
}

}  // namespace cgtally
