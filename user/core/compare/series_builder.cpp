// SPDX-License-Identifier: Apache-2.0
// Rows are summed up by host and interval as they come; the hosts' intervals are laid over each
// other at the end.
#include "core/compare/series_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/groups/sample_groups.h"

namespace cgtally::compare {
namespace {

using namespace std::chrono_literals;

using Of = ContainerEnd::Of;

constexpr std::size_t kNamed = 20;
constexpr std::size_t kMostEnds = 10'000;
// Ethernet, IPv4 and TCP with timestamps: what a packet without payload usually has on the wire.
constexpr std::uint64_t kHeaderBytes = 66;
constexpr Nanoseconds kSmallGap = std::chrono::milliseconds(5);  // wall and boot clocks drift
constexpr double kAsGoodAsWhole = 0.98;
constexpr Nanoseconds kLateLook = 20ms;
constexpr int kMostWidenings = 10;

Amounts received(const Traffic& delta) {
  const std::uint64_t packets = delta.rx_packets.value;
  const std::uint64_t headers = packets * kHeaderBytes;
  const std::uint64_t without = std::min(packets, delta.tcp.rx_without_data.value);
  const std::uint64_t bytes = delta.rx_bytes.value;
  return {.connections = static_cast<double>(delta.tcp.rx_connections),
          .data_packets = static_cast<double>(packets - without),
          .payload_bytes = bytes > headers ? static_cast<double>(bytes - headers) : 0};
}

double ratio(Nanoseconds part, Nanoseconds whole) {
  return static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

Nanoseconds overlap(Nanoseconds begin, Nanoseconds end, Nanoseconds from, Nanoseconds to) {
  return std::max(Nanoseconds::zero(), std::min(end, to) - std::max(begin, from));
}

}  // namespace

Result<std::optional<Side>> SeriesBuilder::side_of(const Sample& row) {
  std::string key =
      fmt::format("{}\n{}\n{}\n{}", row.account, row.k8s_namespace, row.pod, row.container);
  if (const auto known = side_of_.find(key); known != side_of_.end()) return known->second;
  const Sample named = as_group(sides_.by, row);
  const bool original = account_passes(sides_.original, named.account, named.owner());
  const bool mirror = account_passes(sides_.mirror, named.account, named.owner());
  if (original && mirror) {
    return std::unexpected(
        usage_error(fmt::format("both {} and {} match {}", printable(sides_.original),
                                printable(sides_.mirror), named.label()),
                    "narrow one of them: an account is either the original's or the mirror's"));
  }
  if (names_.size() < kNamed) names_.insert(named.label());
  std::optional<Side> side;
  if (original || mirror) {
    side = original ? Side::original : Side::mirror;
    accounts_[static_cast<std::size_t>(*side)].insert(named.account);
    if (mirror && !row.pod.empty()) mirror_pods_.insert(row.pod);
  }
  side_of_.emplace(std::move(key), side);
  return side;
}

Result<void> SeriesBuilder::add(const Sample& row) {
  if (row.interval <= Nanoseconds::zero()) return {};
  const Span span{row.taken.wall - row.interval, row.taken.wall};
  Host& host = hosts_[row.host];
  host.recorded.insert(span);
  if (row.account == reason_name(AccountKind::closing)) {
    connections_of_nobody_ += static_cast<double>(row.delta.tcp.rx_connections);
  }
  if (row.account.str().starts_with('(')) return {};
  const auto side = side_of(row);
  if (!side) return std::unexpected(side.error());
  note_end(row, *side, span);
  if (!*side) return {};
  rows_[{row.host, row.iface, row.account, row.cgroup_id}].push_back(span);
  Both& both = host.counted[span];
  (**side == Side::original ? both.original : both.mirror) += received(row.delta);
  return {};
}

// A later row of an account that has ended is late traffic.
void SeriesBuilder::note_end(const Sample& row, std::optional<Side> side, Span span) {
  if (row.state != SampleState::exited || ends_.size() >= kMostEnds) return;
  if (!ended_.emplace(row.host, row.cgroup_id).second) return;
  ends_.push_back({.after = span.begin,
                   .seen = span.end,
                   .host = row.host,
                   .name = row.label(),
                   .pod = row.pod,
                   .of = !side                     ? Of::other
                         : *side == Side::original ? Of::original
                                                   : Of::mirror});
}

Result<void> SeriesBuilder::add(const lifecycle::Row& row) {
  if (row.event != lifecycle::Event::ended) return {};
  Sample named;
  named.host = row.host;
  named.cgroup_id = row.cgroup_id;
  named.account = row.account;
  named.container = row.owner.container;
  named.pod = row.owner.pod;
  named.k8s_namespace = row.owner.k8s_namespace;
  named.state = SampleState::exited;
  const auto side = side_of(named);
  if (!side) return std::unexpected(side.error());
  note_end(named, *side, {row.at.wall, row.at.wall});
  if (!*side || !row.pod || !row.pod->lost() || !row.pod->tail) return {};
  const Nanoseconds last = row.at.wall + row.pod->tail->last;
  refused_.push_back(
      {.side = **side,
       .span = {std::min(row.at.wall + row.pod->tail->first.value_or(0ns), last), last},
       .requests = static_cast<double>(row.pod->refused + row.pod->refused_before)});
  return {};
}

// Those of both sides, and of other containers in the mirror's pods.
std::vector<ContainerEnd> SeriesBuilder::ends() const {
  std::vector<ContainerEnd> told;
  for (const ContainerEnd& one : ends_) {
    if (one.of != Of::other || mirror_pods_.contains(one.pod)) told.push_back(one);
  }
  std::ranges::stable_sort(told, {}, &ContainerEnd::seen);
  return told;
}

Result<void> SeriesBuilder::check_rows() const {
  for (const auto& [key, unordered] : rows_) {
    std::vector<Span> spans = unordered;
    std::ranges::sort(spans);
    for (std::size_t i = 1; i < spans.size(); ++i) {
      const Span before = spans[i - 1];
      const Span span = spans[i];
      if (span.begin + span.length() / 2 >= before.end) continue;
      return std::unexpected(
          Error{.what = fmt::format("{} on {} of {} is there twice at {}",
                                    printable(std::get<2>(key)), printable(std::get<1>(key)),
                                    printable(std::get<0>(key)), format_clock(span.end)),
                .hint = "give each recording once, and of two at the same time only one",
                .failure = Failure::usage});
    }
  }
  return {};
}

// Lays the intervals of all hosts over those of one.
class SeriesBuilder::Grid {
 public:
  explicit Grid(const Hosts& hosts) {
    for (const auto& [name, host] : hosts) {
      if (!host.counted.empty()) hosts_.emplace(name, &host);
    }
    find_recorded();
    lay_out();
    leave_out();
    for (const auto& [name, host] : hosts_) {
      for (const auto& [span, both] : host->counted) spread(span, both);
    }
  }

  // A refused request is as large as others at that time. It had a connection of its own, or came
  // over one that stayed open.
  void take_off(const Refused& refused) {
    Span span = refused.span;
    Amounts sum = received_in(span, refused.side);
    const bool by_connection = sum.connections >= refused.requests / 2;
    // The two are taken off one by one: some may have another owner where a look came late.
    const double packets = refused.requests * (by_connection ? packets_of_one(sum) : 1);
    // Requests come earlier than they are refused, and refusals are seen a little later.
    for (int round = 0; round < kMostWidenings && sum.data_packets < packets; ++round) {
      span = {span.begin - kLateLook, span.end + kLateLook};
      sum = received_in(span, refused.side);
    }
    const double lost = part_of(packets, sum.data_packets);
    const double lost_connections = by_connection ? part_of(refused.requests, sum.connections) : 0;
    for (Cell& cell : cells_) {
      Amounts& amounts = amounts_of(cell, refused.side);
      const double part = part_within(cell, span);
      amounts = {.connections = amounts.connections * (1 - lost_connections * part),
                 .data_packets = amounts.data_packets * (1 - lost * part),
                 .payload_bytes = amounts.payload_bytes * (1 - lost * part)};
    }
  }

  void move_into(Series& series) && {
    for (const Cell& cell : cells_) {
      if (cell.whole) series.intervals.push_back(cell.interval);
    }
    series.left_out = std::move(left_out_);
    series.hosts = hosts_.size();
  }

 private:
  struct Cell {
    Interval interval;
    bool whole = true;  // every host has rows of all of it
  };

  static Amounts& amounts_of(Cell& cell, Side side) {
    return side == Side::original ? cell.interval.original : cell.interval.mirror;
  }

  Amounts received_in(Span span, Side side) {
    Amounts sum;
    for (Cell& cell : cells_) sum += amounts_of(cell, side).times(part_within(cell, span));
    return sum;
  }

  static double packets_of_one(const Amounts& sum) {
    return std::max(1.0, std::round(sum.data_packets / sum.connections));
  }

  static double part_of(double part, double whole) {
    return whole > 0 ? std::min(1.0, part / whole) : 0;
  }

  // Of the cell, not of the span.
  static double part_within(const Cell& cell, Span span) {
    const Nanoseconds begin = cell.interval.begin;
    const Nanoseconds end = cell.interval.end;
    return ratio(overlap(begin, end, span.begin, std::max(span.end, span.begin + 1ns)),
                 end - begin);
  }

  // Of each host, without the small gaps.
  void find_recorded() {
    for (const auto& [name, host] : hosts_) {
      std::vector<Span>& times = recorded_[name];
      for (const Span span : host->recorded) {
        if (!times.empty() && span.begin <= times.back().end + kSmallGap) {
          times.back().end = std::max(times.back().end, span.end);
        } else {
          times.push_back(span);
        }
      }
    }
  }

  void lay_out() {
    const Host* coarsest = nullptr;
    Nanoseconds longest{};
    for (const auto& [name, host] : hosts_) {
      std::vector<Nanoseconds> lengths;
      for (const Span span : host->recorded) lengths.push_back(span.length());
      const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
      std::ranges::nth_element(lengths, middle);
      if (*middle <= longest) continue;
      longest = *middle;
      coarsest = host;
    }
    if (coarsest == nullptr) return;
    for (const Span span : coarsest->recorded) {
      Nanoseconds begin = span.begin;
      if (!cells_.empty()) {
        const Nanoseconds last = cells_.back().interval.end;
        if (std::chrono::abs(begin - last) <= kSmallGap) begin = last;
        if (begin < last || span.end <= last) continue;
      }
      cells_.push_back({.interval = {.begin = begin, .end = span.end}});
    }
  }

  void leave_out() {
    Nanoseconds begin = Nanoseconds::max();
    Nanoseconds end = Nanoseconds::min();
    for (const auto& [name, times] : recorded_) {
      begin = std::min(begin, times.front().begin);
      end = std::max(end, times.back().end);
    }
    for (const auto& [name, times] : recorded_) {
      Nanoseconds at = begin;
      for (const Span span : times) {
        leave_out(name, {at, span.begin});
        at = span.end;
      }
      leave_out(name, {at, end});
    }
    std::ranges::stable_sort(left_out_, {}, &LeftOut::begin);
  }

  void leave_out(const std::string& host, Span gap) {
    bool matters = false;
    for (Cell& cell : cells_) {
      const Nanoseconds length = cell.interval.end - cell.interval.begin;
      const Nanoseconds lost = overlap(gap.begin, gap.end, cell.interval.begin, cell.interval.end);
      if (ratio(lost, length) > 1 - kAsGoodAsWhole) cell.whole = false;
      matters = matters || gap.length() > length / 2;
    }
    if (matters) left_out_.push_back({.begin = gap.begin, .end = gap.end, .host = host});
  }

  void spread(Span span, const Both& both) {
    auto cell = std::ranges::lower_bound(cells_, span.begin + kSmallGap, std::less<>{},
                                         [](const Cell& one) { return one.interval.end; });
    for (; cell != cells_.end() && cell->interval.begin < span.end; ++cell) {
      const double part = ratio(
          overlap(span.begin, span.end, cell->interval.begin, cell->interval.end), span.length());
      const double taken = part >= kAsGoodAsWhole ? 1 : part;
      cell->interval.original += both.original.times(taken);
      cell->interval.mirror += both.mirror.times(taken);
      if (taken == 1) return;
    }
  }

  std::map<std::string, const Host*> hosts_;  // those that have something to compare
  std::map<std::string, std::vector<Span>> recorded_;
  std::vector<Cell> cells_;
  std::vector<LeftOut> left_out_;
};

Result<Series> SeriesBuilder::finish() const {
  if (auto checked = check_rows(); !checked) return std::unexpected(std::move(checked).error());
  Series series;
  Grid grid(hosts_);
  for (const Refused& refused : refused_) grid.take_off(refused);
  std::move(grid).move_into(series);
  series.ends = ends();
  series.connections_of_nobody = connections_of_nobody_;
  series.originals = accounts_[static_cast<std::size_t>(Side::original)].size();
  series.mirrors = accounts_[static_cast<std::size_t>(Side::mirror)].size();
  return series;
}

}  // namespace cgtally::compare
