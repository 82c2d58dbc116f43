// SPDX-License-Identifier: Apache-2.0
// Row by row: which interval it belongs to, what its account did in it, and what that shows.
#include "core/replay/replay.h"

#include <algorithm>
#include <iterator>

#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/traffic/account.h"

namespace cgtally {
namespace {

bool fits_in(const Traffic& part, const Traffic& whole) {
  return std::holds_alternative<Advanced>(step(part, whole));
}

std::string at(const std::string& iface, Nanoseconds wall) {
  return iface + " at " + format_clock(wall);
}

void raise(Peak& peak, Bytes bytes, Nanoseconds interval, Nanoseconds wall) {
  const auto now = rate(bytes, interval);
  if (now && *now > peak.rate) peak = {.rate = *now, .wall = wall};
}

}  // namespace

Result<Sample> Replay::add(const Sample& row, std::string_view place) {
  const InterfaceId id{row.host, row.iface};
  const auto [entry, is_new] = streams_.try_emplace({id, row.ledger});
  Stream& stream = entry->second;
  if (!is_new && row.taken.boot < stream.now.boot) {
    return std::unexpected(
        Error{.what = "time runs backwards: " + row.iface + " was at boot_ns " +
                      std::to_string(stream.now.boot.count()) + " before",
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
  const Recomputed recomputed = recompute(stream, row, place);
  // The first rows of a ledger are its beginning, not a reset within it.
  if (recomputed.restarted && stream.previous) {
    report_.resets.add(at(row.iface, row.taken.wall) + " " + row.account);
  }
  book(stream, recomputed);
  return recomputed.row;
}

void Replay::open_interval(Stream& stream, const Sample& row) {
  const Nanoseconds begin = row.taken.boot - row.interval;
  stream.gap = stream.previous && begin > *stream.previous;
  if (stream.gap) {
    stream.gaps.push_back(*stream.previous);
    report_.gaps.add(row.iface + " from " + format_clock(stream.now.wall) + " for " +
                     format_duration(begin - *stream.previous));
  }
  stream.now = row.taken;
  stream.span.end = row.taken.wall;
  stream.kernel_row = false;
  stream.interval = {};
  stream.moved = {};
}

void Replay::close_interval(const InterfaceId& id, Stream& stream) {
  InterfaceReplay& interface = interfaces_[id];
  // With the gaps: what the totals grew by there is in the sums too.
  interface.recorded += stream.previous ? stream.now.boot - *stream.previous : stream.interval;
  raise(interface.rx_peak, stream.moved.rx_bytes, stream.interval, stream.now.wall);
  raise(interface.tx_peak, stream.moved.tx_bytes, stream.interval, stream.now.wall);
  ++stream.intervals;
  if (!stream.gap) stream.lengths.emplace_back(stream.interval, stream.now.wall);
  if (!stream.kernel_row) report_.no_kernel_row.add(at(id.second, stream.now.wall));
}

Replay::Recomputed Replay::recompute(Stream& stream, const Sample& row, std::string_view place) {
  Recomputed result{.row = row, .in_interval = {}, .restarted = row.state == SampleState::reset};
  if (row.account == reason_name(AccountKind::retired)) {
    result.row.delta = {};  // a fold is no traffic
    return result;
  }
  const auto [entry, first] = stream.last_rows.try_emplace({row.cgroup_id, row.account});
  const LastRow last = std::exchange(entry->second, {.boot = row.taken.boot, .totals = row.totals});
  bool agrees = true;
  if (first && !result.restarted) {
    // Nothing to compare with: the interval columns stand, as far as they are possible at all.
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
  // More than the row claims, and a gap since the account's last row: it moved in there.
  const auto gap = std::ranges::lower_bound(stream.gaps, last.boot);
  if (!first && !overlaps && gap != stream.gaps.end() && fits_in(row.delta, result.row.delta)) {
    result.row.interval = row.taken.boot - *gap;
    if (*gap != stream.previous) result.in_interval = row.delta;
    return result;
  }
  if (stream.previous) result.row.interval = row.taken.boot - *stream.previous;
  report_.disagreements.add(std::string(place) + ", " + row.account);
  return result;
}

void Replay::book(Stream& stream, const Recomputed& recomputed) {
  const Sample& row = recomputed.row;
  const Nanoseconds since = stream.previous ? row.taken.boot - *stream.previous : row.interval;
  stream.interval = std::max(stream.interval, std::min(row.interval, since));
  const InterfaceId id{row.host, row.iface};
  InterfaceReplay& interface = interfaces_[id];
  if (!wanted_(row.account)) return;
  stream.moved += recomputed.in_interval;
  interface.moved += row.delta;
  if (row.cgroup_id != 0) interface.named += row.delta;

  auto& [account, cgroups] = accounts_[{id, row.account}];
  account.moved += row.delta;
  account.state = row.state;
  cgroups.insert(row.cgroup_id);
  raise(account.rx_peak, row.delta.rx_bytes, row.interval, row.taken.wall);
  raise(account.tx_peak, row.delta.tx_bytes, row.interval, row.taken.wall);
}

ReplayReport Replay::finish() && {
  for (auto& [key, stream] : streams_) close_interval(key.first, stream);
  note_lengths();
  note_ledgers();
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
  std::ranges::stable_sort(report_.accounts, std::greater{}, [](const AccountReplay& account) {
    return account.moved.rx_bytes + account.moved.tx_bytes;
  });
  return std::move(report_);
}

void Replay::note_lengths() {
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
      // One and a half: the timer is never that late, so at least one interval was not written.
      if (2 * length <= 3 * *middle) continue;
      report_.long_intervals.add(at(key.first.second, wall) + ": " + format_duration(length));
    }
  }
}

void Replay::note_ledgers() {
  struct Ledger {
    Nanoseconds begin = Nanoseconds::max();
    std::size_t intervals = 0;
  };
  std::map<std::string, std::map<std::string, Ledger>> hosts;
  std::map<InterfaceId, std::vector<Span>> spans;
  report_.first_wall = Nanoseconds::max();
  for (const auto& [key, stream] : streams_) {
    const auto& [id, name] = key;
    Ledger& ledger = hosts[id.first][name];
    ledger.begin = std::min(ledger.begin, stream.span.begin);
    ledger.intervals = std::max(ledger.intervals, stream.intervals);
    spans[id].push_back(stream.span);
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
  for (auto& [id, of_interface] : spans) {
    std::ranges::sort(of_interface, {}, &Span::begin);
    for (std::size_t i = 1; i < of_interface.size(); ++i) {
      if (of_interface[i].begin >= of_interface[i - 1].end) continue;
      report_.overlaps.add(at(id.second, of_interface[i].begin));
    }
  }
}

}  // namespace cgtally
