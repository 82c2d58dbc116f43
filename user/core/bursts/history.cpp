// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/history.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/bursts/lines.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kMinute = 1min;
constexpr std::size_t kLongerBy = 8;  // the words of several bursts are than those of one

std::uint64_t sum(const std::vector<Bytes>& cells) {
  std::uint64_t all = 0;
  for (const Bytes cell : cells) {
    all += cell.value;
  }
  return all;
}

}  // namespace

BurstNote note_of(const BurstGroup& group) {
  const ExplainedBurst& first = group.first.burst;
  return {.wall = group.first.wall,
          .iface = first.iface,
          .direction = first.direction,
          .length = group.length(),
          .bytes = group.mean(),
          .account = group.first.shown(),
          .under_way = first.under_way,
          .count = group.count};
}

void BurstHistory::add(const NamedBurst& burst) {
  begins_.push_back(burst.burst.burst.start());
  if (const auto group = grouper_.add(burst)) show(*group);
}

void BurstHistory::show(const BurstGroup& group) {
  latest_.insert(latest_.begin(), note_of(group));
  latest_.resize(std::min(latest_.size(), kKept));
  fresh_ = std::min(fresh_ + 1, latest_.size());
}

void BurstHistory::add(const std::string& iface, Direction direction,
                       const std::vector<TrafficWindow>& windows) {
  if (windows.empty()) return;
  InterfaceSeconds& interface = interfaces_.try_emplace(iface, window_).first->second;
  interface.seconds[direction].add(windows);
  interface.newest = window_ * static_cast<std::int64_t>(windows.back().window_index);
}

void BurstHistory::add_missed(std::uint64_t windows, Nanoseconds boot_time) {
  missed_.emplace_back(boot_time, windows);
}

BurstPanel BurstHistory::next_panel(const Moment& now) {
  // Bursts come in the order of their ends, which is nearly that of their begins.
  std::erase_if(begins_, [&](Nanoseconds begin) { return begin <= now.boot - kMinute; });
  std::erase_if(missed_, [&](const auto& one) { return one.first <= now.boot - kMinute; });
  for (const BurstGroup& group : grouper_.pop_due(now.boot)) show(group);
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

// Interfaces that were silent for a minute are forgotten: they may no longer exist.
std::optional<InterfaceSecond> BurstHistory::busiest(Nanoseconds boot_time) {
  std::optional<InterfaceSecond> busiest;
  std::uint64_t most = 0;
  std::erase_if(interfaces_,
                [&](const auto& one) { return one.second.newest < boot_time - kMinute; });
  for (const auto& [name, interface] : interfaces_) {
    InterfaceSecond second{.iface = name,
                           .cells = {.rx = interface.seconds.rx.cells(boot_time),
                                     .tx = interface.seconds.tx.cells(boot_time)}};
    const std::uint64_t moved = sum(second.cells.rx) + sum(second.cells.tx);
    if (moved > most) {
      most = moved;
      busiest = std::move(second);
    }
  }
  return busiest;
}

std::string burst_count_words(const BurstPanel& panel) {
  std::string words = fmt::format("bursts {}/min", format_count(panel.last_minute));
  const std::string_view verdict = verdict_name(panel.verdict);
  if (!verdict.empty()) words += fmt::format(" {}", upper(verdict));
  if (panel.missed != 0) words += fmt::format(" ({} windows missed)", format_count(panel.missed));
  return words;
}

std::vector<std::string> last_second_parts(const InterfaceSecond& second, bool name) {
  return {fmt::format("{}last 1 s tx [{}]", name ? printable(second.iface) + " " : "",
                      sparkline(second.cells.tx)),
          fmt::format("rx [{}]", sparkline(second.cells.rx))};
}

std::string burst_note_words(const BurstNote& note, std::size_t account_columns) {
  const std::string account = note.account.empty() ? "(not told)" : printable(note.account);
  if (note.count > 1) {
    const std::size_t left = account_columns - std::min(account_columns, kLongerBy);
    return fmt::format("bursts {} {} {} {}", format_clock_with_milliseconds(note.wall),
                       direction_name(note.direction),
                       repeated_words(note.count, note.bytes, note.length), shorten(account, left));
  }
  return fmt::format("burst {} {} {} {} {}{}", format_clock_with_milliseconds(note.wall),
                     direction_name(note.direction), format_length(note.length),
                     format_bytes(note.bytes), note.under_way ? "so far " : "",
                     shorten(account, account_columns));
}

}  // namespace cgtally
