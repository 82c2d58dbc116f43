// SPDX-License-Identifier: Apache-2.0
#include "core/screen/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

namespace cgtally::screen {
namespace {

constexpr Nanoseconds kLeastStep = std::chrono::milliseconds{10};
constexpr Nanoseconds kShownAfterEnd = std::chrono::seconds{30};

Moment moment_of(Nanoseconds wall) { return {.boot = wall, .wall = wall}; }

}  // namespace

std::uint32_t Timeline::name_of(const Sample& sample) {
  const auto id = static_cast<std::uint32_t>(names_.size());
  const auto [found, fresh] = name_ids_.try_emplace(sample.account, id);
  if (fresh) {
    names_.push_back(
        {.account = sample.account, .owner = sample.owner(), .cgroup_id = sample.cgroup_id});
  } else if (!sample.owner().empty()) {
    names_[found->second].owner = sample.owner();  // may come later than the first row
  }
  return found->second;
}

std::uint32_t Timeline::interface_of(const Sample& sample) {
  const auto id = static_cast<std::uint32_t>(interfaces_.size());
  const std::pair key(sample.host, sample.iface);
  const auto [found, fresh] = interface_ids_.try_emplace(key, id);
  if (fresh) {
    interfaces_.push_back(key);
    hosts_.try_emplace(sample.host, hosts_.size());
  }
  return found->second;
}

void Timeline::add(const Sample& sample) {
  Row row{.step = 0,
          .wall = sample.taken.wall,
          .interval = sample.interval,
          .name = name_of(sample),
          .iface = interface_of(sample),
          .state = sample.state,
          .delta = sample.delta,
          .totals = sample.totals};
  if (sample.tcp_connections) row.connections = *sample.tcp_connections;
  if (sample.queue_delay_p99) {
    row.delay_ns = static_cast<std::uint64_t>(sample.queue_delay_p99->count());
  }
  rows_.push_back(row);
  if (rows_.size() <= most_rows_) return;
  find_step();
  while (rows_.size() > most_rows_ / 2) {
    compact();
    if (rows_.size() <= most_rows_ / 2) return;
    // One step has them all: each is of another account, and a longer one adds nothing up.
    if (rows_.front().step == rows_.back().step) most_rows_ = 2 * rows_.size();
    step_ *= 2;
  }
}

// The usual interval: the median of all.
void Timeline::find_step() {
  if (step_ > Nanoseconds::zero() || rows_.empty()) return;
  std::vector<Nanoseconds> intervals;
  intervals.reserve(rows_.size());
  for (const Row& row : rows_) intervals.push_back(row.interval);
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::ranges::nth_element(intervals, middle);
  // Of milliseconds: a timer's jitter does not make a step of 0.99998 s.
  using std::chrono::milliseconds;
  step_ = std::max<Nanoseconds>(std::chrono::round<milliseconds>(*middle), kLeastStep);
}

// Adds up the rows of one account in one step.
void Timeline::compact() {
  if (rows_.empty()) return;
  const Nanoseconds first = std::ranges::min(rows_, {}, &Row::wall).wall;
  // Half a step before the first row: later rows are in the middle of their steps, jitter or not.
  const Nanoseconds origin = first - step_ / 2;
  for (Row& row : rows_) row.step = (row.wall - origin) / step_;
  std::ranges::stable_sort(rows_, {}, [](const Row& row) {
    return std::tuple(row.step, row.iface, row.name, row.wall);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    Row& last = rows_[kept];
    const Row& next = rows_[i];
    const bool same = last.step == next.step && last.iface == next.iface && last.name == next.name;
    if (!same) {
      rows_[++kept] = next;
      continue;
    }
    Row sum = next;
    sum.delta += last.delta;
    sum.interval += last.interval;
    last = sum;
  }
  rows_.resize(kept + 1);
}

void Timeline::finish() {
  find_step();
  if (rows_.empty()) return;
  compact();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i == 0 || rows_[i].step != rows_[i - 1].step) {
      moments_.push_back({.wall = rows_[i].wall, .first = i, .end = i});
    }
    moments_.back().end = i + 1;
    moments_.back().wall = std::max(moments_.back().wall, rows_[i].wall);
  }
}

Nanoseconds Timeline::begin() const { return moments_.empty() ? Nanoseconds{} : moments_[0].wall; }
Nanoseconds Timeline::end() const {
  return moments_.empty() ? Nanoseconds{} : moments_.back().wall;
}

std::size_t Timeline::moment_at(Nanoseconds wall) const {
  const auto after = std::ranges::upper_bound(moments_, wall, {}, &Instant::wall);
  return after == moments_.begin() ? 0 : static_cast<std::size_t>(after - moments_.begin()) - 1;
}

std::vector<Sample> Timeline::samples_of(std::size_t moment) const {
  const Instant& instant = moments_.at(moment);
  std::vector<Sample> samples;
  samples.reserve(instant.end - instant.first);
  for (std::size_t i = instant.first; i < instant.end; ++i) {
    const Row& row = rows_[i];
    const Name& name = names_[row.name];
    const auto& [host, iface] = interfaces_[row.iface];
    Sample sample;
    sample.taken = moment_of(row.wall);
    sample.interval = row.interval;
    sample.host = host;
    sample.iface = hosts_.size() > 1 ? fmt::format("{} {}", host, iface) : iface;
    sample.cgroup_id = name.cgroup_id;
    sample.account = name.account;
    sample.container = name.owner.container;
    sample.pod = name.owner.pod;
    sample.k8s_namespace = name.owner.k8s_namespace;
    sample.state = row.state;
    sample.totals = row.totals;
    sample.delta = row.delta;
    if (row.connections != kUnknown) sample.tcp_connections = row.connections;
    if (row.delay_ns != kUnknown) {
      sample.queue_delay_p99 = Nanoseconds(static_cast<std::int64_t>(row.delay_ns));
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<double> Timeline::traffic(std::size_t parts) const {
  std::vector<double> sums(parts);
  const double span = static_cast<double>((end() - begin() + step_).count());
  // By the moment's time: rows of the first moment may be older than begin(), as another host's
  // are.
  for (const Instant& moment : moments_) {
    const double at = static_cast<double>((moment.wall - begin()).count()) / span;
    const auto part = static_cast<std::size_t>(at * static_cast<double>(parts));
    double& sum = sums[std::min(part, parts - 1)];
    for (std::size_t i = moment.first; i < moment.end; ++i) {
      sum += static_cast<double>(rows_[i].delta.bytes());
    }
  }
  return sums;
}

std::string Timeline::hosts() const {
  if (hosts_.size() == 1) return hosts_.begin()->first;
  return fmt::format("{} hosts", hosts_.size());
}

TimelineReader::TimelineReader(const Timeline& timeline)
    : timeline_(timeline), book_(std::max(kShownAfterEnd, timeline.step() * 2)) {
  // The recording is of differences: what an account had moved before is in its first row.
  book_.add({}, moment_of(timeline.begin() - timeline.step()));
  kept_.emplace(0, book_);
  advance();
}

void TimelineReader::advance() {
  samples_ = timeline_.samples_of(moment_);
  book_.add(samples_, moment_of(timeline_.time_of(moment_)));
  std::map<std::string, TcpSummary> connections;
  for (const Sample& sample : samples_) {
    if (!sample.tcp_connections) continue;
    TcpSummary& summary = connections[sample.account];
    summary.connections = *sample.tcp_connections;
    summary.queue_delay_p99 = sample.queue_delay_p99;
  }
  if (!connections.empty()) book_.set_connections(connections, false);
}

void TimelineReader::go_to(std::size_t moment) {
  moment = std::min(moment, timeline_.size() - 1);
  if (moment == moment_) return;
  auto kept = std::prev(kept_.upper_bound(moment));
  if (moment < moment_ || kept->first > moment_ + 1) {
    book_ = kept->second;
    moment_ = kept->first;
    advance();
  }
  while (moment_ < moment) {
    ++moment_;
    if (moment_ % kKeptEvery == 0) kept_.try_emplace(moment_, book_);
    advance();
  }
}

}  // namespace cgtally::screen
