// SPDX-License-Identifier: Apache-2.0
// Each row is put into its interval, its delta is computed from totals, and added to the report.
#include "core/replay/replay.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/groups/sample_groups.h"
#include "core/traffic/account.h"

namespace cgtally {
namespace {

bool fits_in(const Traffic& part, const Traffic& whole) {
  return std::holds_alternative<Advanced>(step(part, whole));
}

std::string at(const std::string& iface, Nanoseconds wall) {
  return fmt::format("{} at {}", iface, format_clock(wall));
}

void raise(Peak& peak, Bytes bytes, Nanoseconds interval, Nanoseconds wall) {
  const auto now = rate(bytes, interval);
  if (now && *now > peak.rate) peak = {.rate = *now, .wall = wall};
}

}  // namespace

Result<Sample> Replay::add(const Sample& row, std::string_view location) {
  const InterfaceId id{row.host, row.iface};
  const auto [entry, is_new] = streams_.try_emplace({id, row.ledger});
  Stream& stream = entry->second;
  if (!is_new && row.taken.boot < stream.now.boot) {
    return std::unexpected(
        Error{.what = fmt::format("time runs backwards: {} was at boot_ns {} before", row.iface,
                                  stream.now.boot.count()),
              .hint = "give each recording once, and in the order in which they were made"});
  }
  if (is_new) {
    stream.span.begin = row.taken.wall - row.interval;
    open_interval(stream, row);
  } else if (row.taken.boot > stream.now.boot) {
    close_interval(id, stream);
    stream.previous = stream.now.boot;
    open_interval(stream, row);
  }
  ++report_.rows;
  stream.kernel_row |= row.account == reason_name(AccountKind::kernel);
  const Recomputed recomputed = recompute(stream, row, location);
  // The first rows of a ledger are its beginning, not a reset within it.
  if (recomputed.restarted && stream.previous) {
    report_.resets.add(fmt::format("{} {}", at(row.iface, row.taken.wall), row.account));
  }
  add_to_totals(stream, recomputed);
  return recomputed.row;
}

void Replay::open_interval(Stream& stream, const Sample& row) {
  const Nanoseconds begin = row.taken.boot - row.interval;
  stream.gap = stream.previous && begin > *stream.previous;
  if (stream.gap) {
    stream.gaps.push_back(*stream.previous);
    report_.gaps.add(fmt::format("{} from {} for {}", row.iface, format_clock(stream.now.wall),
                                 format_duration(begin - *stream.previous)));
  }
  stream.now = row.taken;
  stream.span.end = row.taken.wall;
  stream.kernel_row = false;
  stream.interval = {};
  stream.moved = {};
}

void Replay::close_interval(const InterfaceId& id, Stream& stream) {
  InterfaceReplay& interface = interfaces_[id];
  // Including the gaps, because the sums include what the totals grew by during gaps.
  interface.recorded += stream.previous ? stream.now.boot - *stream.previous : stream.interval;
  raise(interface.peaks.rx, stream.moved.rx_bytes, stream.interval, stream.now.wall);
  raise(interface.peaks.tx, stream.moved.tx_bytes, stream.interval, stream.now.wall);
  ++stream.intervals;
  if (!stream.gap) stream.lengths.emplace_back(stream.interval, stream.now.wall);
  if (!stream.kernel_row) report_.no_kernel_row.add(at(id.second, stream.now.wall));
}

// A recording has no totals of TCP: its counts are those of the row, as long as that is what the
// totals tell. If they tell of more, nothing is known of the rest.
Replay::Recomputed Replay::recompute(Stream& stream, const Sample& row, std::string_view location) {
  Sample without = row;
  without.delta.tcp = {};
  without.totals.tcp = {};
  Recomputed result = recompute_without_tcp(stream, without, location);
  if (result.row.delta == without.delta) {
    result.row.delta.tcp = row.delta.tcp;
  } else {
    result.row.has_tcp_counts = false;
  }
  return result;
}

Replay::Recomputed Replay::recompute_without_tcp(Stream& stream, const Sample& row,
                                                 std::string_view location) {
  Recomputed result{.row = row, .in_interval = {}, .restarted = row.state == SampleState::reset};
  if (row.account == reason_name(AccountKind::retired) ||
      is_folded_row(row.cgroup_id, row.account)) {
    result.row.delta = {};  // retiring and folding are no traffic, and beginning again no reset
    result.restarted = false;
    return result;
  }
  const auto [entry, first] = stream.last_rows.try_emplace({row.cgroup_id, row.account});
  const LastRow last = std::exchange(entry->second, {.boot = row.taken.boot, .totals = row.totals});
  bool agrees = true;
  if (first && !result.restarted) {
    // There are no earlier totals: the interval columns are used unless they exceed the totals.
    agrees = fits_in(row.delta, row.totals);
    if (!agrees) result.row.delta = row.totals;
  } else {
    const Step change = step(last.totals, row.totals);
    result.restarted |= std::holds_alternative<Restarted>(change);
    result.row.delta = result.restarted ? row.totals : std::get<Advanced>(change).by;
    agrees = result.row.delta == row.delta;
  }
  result.in_interval = result.row.delta;

  const bool overlaps = stream.previous && row.taken.boot - row.interval < *stream.previous;
  if (agrees && !overlaps) return result;
  // The totals grew by more than the row's delta, and there was a gap since the account's last row:
  // the difference moved during the gap.
  const auto gap = std::ranges::lower_bound(stream.gaps, last.boot);
  if (!first && !overlaps && gap != stream.gaps.end() && fits_in(row.delta, result.row.delta)) {
    result.row.interval = row.taken.boot - *gap;
    if (*gap != stream.previous) result.in_interval = row.delta;
    return result;
  }
  if (stream.previous) result.row.interval = row.taken.boot - *stream.previous;
  report_.disagreements.add(fmt::format("{}, {}", location, row.account));
  return result;
}

void Replay::add_to_totals(Stream& stream, const Recomputed& recomputed) {
  const Sample& row = recomputed.row;
  const Nanoseconds since = stream.previous ? row.taken.boot - *stream.previous : row.interval;
  stream.interval = std::max(stream.interval, std::min(row.interval, since));
  const InterfaceId id{row.host, row.iface};
  InterfaceReplay& interface = interfaces_[id];
  const Sample shown = as_group(by_, row);
  if (!wanted_(shown)) return;
  stream.moved += recomputed.in_interval;
  interface.moved += row.delta;
  if (row.cgroup_id != 0) interface.named += row.delta;

  auto& [account, cgroups] = accounts_[{id, shown.account}];
  account.moved += row.delta;
  account.state = row.state;
  account.label = shown.label();
  cgroups.insert(row.cgroup_id);
  raise(account.peaks.rx, row.delta.rx_bytes, row.interval, row.taken.wall);
  raise(account.peaks.tx, row.delta.tx_bytes, row.interval, row.taken.wall);
}

ReplayReport Replay::finish() && {
  for (auto& [key, stream] : streams_) close_interval(key.first, stream);
  report_long_intervals();
  report_ledgers();
  report_overlaps();
  for (auto& [id, interface] : interfaces_) {
    std::tie(interface.host, interface.iface) = id;
    if (report_.hosts.empty() || report_.hosts.back() != id.first) {
      report_.hosts.push_back(id.first);
    }
    report_.interfaces.push_back(interface);
  }
  for (auto& [key, state] : accounts_) {
    AccountReplay& account = state.report;
    std::tie(account.host, account.iface) = key.first;
    account.account = key.second;
    account.recorded = interfaces_[key.first].recorded;
    account.lives = state.cgroups.size();
    report_.accounts.push_back(std::move(account));
  }
  std::ranges::stable_sort(report_.accounts, std::greater{},
                           [](const AccountReplay& account) { return account.moved.bytes(); });
  return std::move(report_);
}

void Replay::report_long_intervals() {
  std::vector<Nanoseconds> all;
  for (const auto& [key, stream] : streams_) {
    for (const auto& [length, wall] : stream.lengths) all.push_back(length);
  }
  if (all.empty()) return;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  report_.typical_interval = *middle;
  for (const auto& [key, stream] : streams_) {
    for (const auto& [length, wall] : stream.lengths) {
      // From one and a half intervals on at least one was not written: no timer is that late.
      if (2 * length <= 3 * *middle) continue;
      report_.long_intervals.add(
          fmt::format("{}: {}", at(key.first.second, wall), format_duration(length)));
    }
  }
}

void Replay::report_ledgers() {
  struct Ledger {
    Nanoseconds begin = Nanoseconds::max();
    std::size_t intervals = 0;
  };
  std::map<std::string, std::map<std::string, Ledger>> hosts;
  report_.first_wall = Nanoseconds::max();
  for (const auto& [key, stream] : streams_) {
    const auto& [id, name] = key;
    Ledger& ledger = hosts[id.first][name];
    ledger.begin = std::min(ledger.begin, stream.span.begin);
    ledger.intervals = std::max(ledger.intervals, stream.intervals);
    report_.first_wall = std::min(report_.first_wall, stream.span.begin);
    report_.last_wall = std::max(report_.last_wall, stream.span.end);
  }
  for (const auto& [host, ledgers] : hosts) {
    std::multiset<Nanoseconds> begins;
    for (const auto& [name, ledger] : ledgers) {
      report_.intervals += ledger.intervals;
      begins.insert(ledger.begin);
    }
    for (auto begin = std::next(begins.begin()); begin != begins.end(); ++begin) {
      report_.ledgers.add(at(host, *begin));
    }
  }
}

void Replay::report_overlaps() {
  std::map<InterfaceId, std::vector<Span>> spans;
  for (const auto& [key, stream] : streams_) spans[key.first].push_back(stream.span);
  for (auto& [id, of_interface] : spans) {
    std::ranges::sort(of_interface, {}, &Span::begin);
    for (std::size_t i = 1; i < of_interface.size(); ++i) {
      if (of_interface[i].begin >= of_interface[i - 1].end) continue;
      report_.overlaps.add(at(id.second, of_interface[i].begin));
    }
  }
}

}  // namespace cgtally
