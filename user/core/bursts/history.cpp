// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/history.h"

#include <algorithm>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/bursts/lines.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kMinute = 1min;

std::uint64_t sum(const std::vector<Bytes>& cells) {
  std::uint64_t all = 0;
  for (const Bytes cell : cells) {
    all += cell.value;
  }
  return all;
}

}  // namespace

void BurstPanel::add(BurstNote note) {
  begins_.push_back(note.begin);
  latest_.insert(latest_.begin(), std::move(note));
  latest_.resize(std::min(latest_.size(), kKept));
  fresh_ = std::min(fresh_ + 1, latest_.size());
}

void BurstPanel::add(const std::string& iface, Direction direction,
                     const std::vector<TrafficWindow>& windows) {
  if (windows.empty()) {
    return;
  }
  const Ways none{.rx = LastSecond(window_), .tx = LastSecond(window_), .newest = {}};
  Ways& ways = interfaces_.try_emplace(iface, none).first->second;
  (direction == Direction::rx ? ways.rx : ways.tx).add(windows);
  ways.newest = window_ * static_cast<std::int64_t>(windows.back().window_index);
}

void BurstPanel::add_missed(std::uint64_t windows, Nanoseconds boot_time) {
  missed_.emplace_back(boot_time, windows);
}

BurstHistory BurstPanel::take(const Moment& now) {
  // They come in the order of their ends, nearly that of their begins.
  std::erase_if(begins_, [&](Nanoseconds begin) { return begin <= now.boot - kMinute; });
  std::erase_if(missed_, [&](const auto& one) { return one.first <= now.boot - kMinute; });
  std::uint64_t missed = 0;
  for (const auto& [when, windows] : missed_) {
    missed += windows;
  }
  return {.last_minute = begins_.size(),
          .missed = missed,
          .verdict = AllowanceVerdict::none,
          .under_way = under_way_,
          .latest = latest_,
          .fresh = std::exchange(fresh_, 0),
          .second = busiest(now.boot)};
}

// Interfaces that have been silent for long are forgotten: they may have gone.
std::optional<SecondOf> BurstPanel::busiest(Nanoseconds boot_time) {
  std::optional<SecondOf> busiest;
  std::uint64_t most = 0;
  std::erase_if(interfaces_,
                [&](const auto& one) { return one.second.newest < boot_time - kMinute; });
  for (const auto& [name, ways] : interfaces_) {
    SecondOf second{.iface = name, .rx = ways.rx.cells(boot_time), .tx = ways.tx.cells(boot_time)};
    const std::uint64_t moved = sum(second.rx) + sum(second.tx);
    if (moved > most) {
      most = moved;
      busiest = std::move(second);
    }
  }
  return busiest;
}

std::string burst_count_words(const BurstHistory& news) {
  const std::string verdict = upper(verdict_name(news.verdict));
  return "bursts " + format_count(news.last_minute) + "/min" +
         (verdict.empty() ? "" : " " + verdict) +
         (news.missed == 0 ? "" : " (" + format_count(news.missed) + " windows missed)");
}

std::vector<std::string> last_second_parts(const SecondOf& second, bool name) {
  const std::string whose = name ? printable(second.iface) + " " : "";
  return {whose + "last 1 s tx [" + sparkline(second.tx) + "]",
          "rx [" + sparkline(second.rx) + "]"};
}

std::string burst_note_words(const BurstNote& note, std::size_t account_columns) {
  const std::string account = note.account.empty() ? "(not told)" : printable(note.account);
  return "burst " + format_clock_with_milliseconds(note.wall) +
         (note.direction == Direction::rx ? " rx " : " tx ") + format_length(note.length) + " " +
         format_bytes(note.bytes) + (note.under_way ? " so far " : " ") +
         shorten(account, account_columns);
}

}  // namespace cgtally
