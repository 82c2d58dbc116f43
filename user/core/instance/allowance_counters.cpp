// SPDX-License-Identifier: Apache-2.0
// The counters count packets that were "queued or dropped". A rise says that something was exceeded
// for some moment, however short; it does not say that the credits are spent.
#include "core/instance/allowance_counters.h"

#include <algorithm>

#include "core/base/enum_names.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kMinute = 60s;
constexpr std::size_t kMostTracks = 1024;

constexpr EnumNames<AllowanceCounter::conntrack_available> kCounterNames{
    "bw_in_allowance_exceeded",     "bw_out_allowance_exceeded",
    "pps_allowance_exceeded",       "conntrack_allowance_exceeded",
    "linklocal_allowance_exceeded", "conntrack_allowance_available"};

constexpr EnumNames<AllowanceVerdict::sustained> kVerdictNames{"", "quiet", "sporadic",
                                                               "sustained"};

constexpr std::size_t index_of(AllowanceCounter counter) {
  return static_cast<std::size_t>(counter);
}

// The packets that a counter's packets are a share of.
std::optional<std::uint64_t> packets_for(AllowanceCounter counter, Packets rx, Packets tx) {
  switch (counter) {
    case AllowanceCounter::bw_in:
      return rx.value;
    case AllowanceCounter::bw_out:
      return tx.value;
    case AllowanceCounter::pps:
      return rx.value + tx.value;
    default:
      return std::nullopt;
  }
}

// Packets that were dropped before the device counted them are missing from `packets`; the share
// stays at most 1.
std::optional<double> share(std::uint64_t exceeded, std::optional<std::uint64_t> packets) {
  if (!packets || std::max(exceeded, *packets) == 0) return std::nullopt;
  return static_cast<double>(exceeded) / static_cast<double>(std::max(exceeded, *packets));
}

// A packet beyond the limits of connections or local services is dropped at once, so that any of
// them matters; a packet beyond the bandwidth or packet rate is queued first.
std::string remedy_for(const AllowanceSummary& summary) {
  const bool moved = summary.last_minute > 0;
  const bool sustained = summary.verdict == AllowanceVerdict::sustained;
  switch (summary.counter) {
    case AllowanceCounter::bw_in:
      return sustained ? "smaller requests, or a larger type" : "";
    case AllowanceCounter::bw_out:
      return sustained ? "smaller responses, or a larger type" : "";
    case AllowanceCounter::pps:
      return sustained ? "fewer, larger packets" : "";
    case AllowanceCounter::conntrack:
      return moved ? "fewer connections" : "";
    case AllowanceCounter::linklocal:
      return moved ? "cache DNS and metadata" : "";
    case AllowanceCounter::conntrack_available:
      return moved ? "" : "fewer connections";
  }
  return {};
}

}  // namespace

std::string_view allowance_name(AllowanceCounter counter) { return kCounterNames[counter]; }

AllowanceTotals allowances_of(const NamedStatistics& statistics) {
  AllowanceTotals totals;
  for (const auto& [name, value] : statistics) {
    if (const auto counter = kCounterNames.parse(name)) totals[index_of(*counter)] = value;
  }
  return totals;
}

bool any_of_them(const AllowanceTotals& totals) {
  return std::ranges::any_of(totals, [](const auto& total) { return total.has_value(); });
}

std::string_view verdict_name(AllowanceVerdict verdict) { return kVerdictNames[verdict]; }

AllowanceVerdict verdict_of(std::uint64_t exceeded_in_minute,
                            std::optional<std::uint64_t> packets) {
  constexpr std::uint64_t kMost = 100;
  constexpr double kMostShare = 0.01;
  if (exceeded_in_minute == 0) return AllowanceVerdict::quiet;
  const bool few = share(exceeded_in_minute, packets).value_or(0.0) < kMostShare;
  return few && exceeded_in_minute <= kMost ? AllowanceVerdict::sporadic
                                            : AllowanceVerdict::sustained;
}

std::vector<AllowanceStep> Allowances::add(const AllowanceReading& reading) {
  std::vector<AllowanceStep> steps;
  Interval interval{.end = reading.taken.boot,
                    .gained = {},
                    .rx_packets = reading.rx_packets,
                    .tx_packets = reading.tx_packets};
  forget_absent(reading);
  for (const auto& [iface, totals] : reading.interfaces) {
    for (std::size_t i = 0; i < kAllowanceCounters; ++i) {
      const auto counter = static_cast<AllowanceCounter>(i);
      auto step = totals[i] ? follow(iface, counter, *totals[i]) : std::nullopt;
      if (!step) continue;
      step->share_of_packets =
          share(step->delta, packets_for(counter, reading.rx_packets, reading.tx_packets));
      interval.gained[i] = interval.gained[i].value_or(0) + step->delta;
      steps.push_back(*std::move(step));
    }
  }
  keep(interval);
  return steps;
}

// All are taken out before the first is put back: two interfaces may have exchanged their names.
void Allowances::rename(const std::map<std::string, std::string>& names) {
  std::map<Key, Track> renamed;
  for (const auto& [from, to] : names) {
    for (std::size_t i = 0; i < kAllowanceCounters; ++i) {
      const auto counter = static_cast<AllowanceCounter>(i);
      if (auto track = tracks_.extract({from, counter})) {
        renamed.insert_or_assign({to, counter}, track.mapped());
      }
    }
  }
  for (const auto& [key, track] : renamed) tracks_.insert_or_assign(key, track);
}

std::optional<AllowanceStep> Allowances::follow(const std::string& iface, AllowanceCounter counter,
                                                std::uint64_t total) {
  const auto [found, first] = tracks_.try_emplace({iface, counter}, Track{.total = total});
  if (first) return std::nullopt;
  Track& track = found->second;
  const Track before = std::exchange(track, {.total = total});
  AllowanceStep step{.iface = iface,
                     .counter = counter,
                     .delta = 0,
                     .total = total,
                     .share_of_packets = {},
                     .restarted = false};
  if (counter == AllowanceCounter::conntrack_available) return step;
  if (!before.there) {
    step.restarted = true;
  } else if (total < before.total) {
    step.restarted = true;
    track.before_zero = total == 0 ? before.total : 0;
  } else if (before.before_zero > 0 && total == 0) {
    track.before_zero = before.before_zero;
  } else {
    const bool refused = before.before_zero > 0 && total >= before.before_zero;
    step.delta = total - (refused ? before.before_zero : before.total);
  }
  return step;
}

// A counter that is missing from the reading begins at a new base when it comes back.
void Allowances::forget_absent(const AllowanceReading& reading) {
  for (auto& [key, track] : tracks_) {
    const auto found = reading.interfaces.find(key.first);
    track.there = track.there && found != reading.interfaces.end() &&
                  total_of(found->second, key.second).has_value();
  }
  if (tracks_.size() > kMostTracks) {
    std::erase_if(tracks_, [](const auto& item) { return !item.second.there; });
  }
}

void Allowances::keep(Interval interval) {
  const Nanoseconds now = interval.end;
  minute_.push_back(interval);
  while (minute_.front().end + kMinute <= now && minute_.size() > 1) {
    minute_.pop_front();
  }
}

std::optional<std::uint64_t> Allowances::gained(AllowanceCounter counter) const {
  if (minute_.empty() || counter == AllowanceCounter::conntrack_available) return std::nullopt;
  return minute_.back().gained[index_of(counter)];
}

bool Allowances::has(AllowanceCounter counter) const {
  return std::ranges::any_of(tracks_, [counter](const auto& item) {
    return item.first.second == counter && item.second.there;
  });
}

AllowanceSummary Allowances::summary_of(AllowanceCounter counter) const {
  AllowanceSummary summary{.counter = counter, .there = false, .share = {}, .remedy = {}};
  const bool gauge = counter == AllowanceCounter::conntrack_available;
  for (const auto& [key, track] : tracks_) {
    if (key.second != counter || !track.there) continue;
    const bool first = !std::exchange(summary.there, true);
    summary.total = gauge && !first ? std::min(summary.total, track.total)
                    : gauge         ? track.total
                                    : summary.total + std::max(track.total, track.before_zero);
  }
  if (!summary.there) return summary;
  Packets rx;
  Packets tx;
  bool measured = false;
  for (const Interval& interval : minute_) {
    const auto& gained = interval.gained[index_of(counter)];
    if (!gained) continue;
    measured = true;
    summary.last_minute += *gained;
    rx += interval.rx_packets;
    tx += interval.tx_packets;
  }
  if (gauge) {
    summary.last_minute = summary.total;
  } else if (measured) {
    const auto packets = packets_for(counter, rx, tx);
    summary.share = share(summary.last_minute, packets);
    summary.verdict = verdict_of(summary.last_minute, packets);
  }
  summary.remedy = remedy_for(summary);
  return summary;
}

std::vector<AllowanceSummary> Allowances::summaries() const {
  std::vector<AllowanceSummary> all;
  for (std::size_t i = 0; i < kAllowanceCounters; ++i) {
    all.push_back(summary_of(static_cast<AllowanceCounter>(i)));
  }
  return all;
}

}  // namespace cgtally
