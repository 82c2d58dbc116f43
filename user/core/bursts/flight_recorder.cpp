// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/flight_recorder.h"

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

constexpr std::uint64_t kEdge = 2;  // windows of a burst before the first over the threshold

WindowRange range_of(const Burst& burst) { return {burst.first, burst.last + 1}; }

std::uint64_t windows(Nanoseconds length, Nanoseconds window) {
  return static_cast<std::uint64_t>((length + window - Nanoseconds{1}) / window);
}

std::uint64_t before(std::uint64_t window_index, std::uint64_t count) {
  return window_index - std::min(window_index, count);
}

}  // namespace

bool DumpRule::wants(const ExplainedBurst& burst) const {
  if (burst.exceeded.value_or(0) > 0) return true;
  if (over) return burst.burst.peak_rate() >= *over;
  return !burst.exceeded;
}

FlightRecorder::FlightRecorder(std::string iface, Nanoseconds window)
    : iface_(std::move(iface)),
      window_(window),
      around_(windows(kAround, window)),
      histories_{.rx = WindowHistory(kMostWindows), .tx = WindowHistory(kMostWindows)} {}

WindowRange FlightRecorder::around(const WindowRange& burst) const {
  return {before(burst.from, around_), burst.to + around_};
}

void FlightRecorder::add(Direction direction, const WindowUpdate& update,
                         const std::vector<Burst>& ended, std::optional<std::uint64_t> open_since) {
  paused_ = false;
  histories_[direction].add(update);
  open_since_[direction] = open_since;
  expect_decision(direction, ended);
  forget();
}

void FlightRecorder::pause(Direction direction, const std::vector<Burst>& ended) {
  paused_ = true;
  open_since_[direction].reset();
  expect_decision(direction, ended);
}

void FlightRecorder::expect_decision(Direction direction, const std::vector<Burst>& ended) {
  for (const Burst& burst : ended) {
    histories_[direction].add_burst(range_of(burst));
    undecided_.push_back({.direction = direction, .burst = range_of(burst)});
  }
}

void FlightRecorder::decide(Direction direction, const Burst& burst, bool wanted,
                            Nanoseconds wall_ahead) {
  std::erase_if(undecided_, [&](const UndecidedBurst& one) {
    return one.direction == direction && one.burst == range_of(burst);
  });
  if (!wanted) return;
  const WindowRange range = around(range_of(burst));
  if (PendingDump* pending = shared_by(range)) {
    if (burst.first < pending->first) {
      pending->first = burst.first;
      pending->direction = direction;
    }
    pending->range = {std::min(pending->range.from, range.from),
                      std::max(pending->range.to, range.to)};
    return;
  }
  pending_.push_back(
      {.direction = direction, .first = burst.first, .range = range, .wall_ahead = wall_ahead});
}

FlightRecorder::PendingDump* FlightRecorder::shared_by(const WindowRange& range) {
  // Half, because the windows that come until it is complete need room too.
  const auto longest = std::min<std::uint64_t>(windows(kLongest, window_), kMostWindows / 2);
  const auto found = std::ranges::find_if(pending_, [&](const PendingDump& pending) {
    const std::uint64_t from = std::min(pending.range.from, range.from);
    const std::uint64_t to = std::max(pending.range.to, range.to);
    const bool longer = WindowRange{from, to} != pending.range;
    return pending.range.overlaps(range) && (!longer || to - from <= longest);
  });
  return found == pending_.end() ? nullptr : &*found;
}

// An undecided burst within the range may still make the dump longer.
bool FlightRecorder::complete(const PendingDump& pending) const {
  const bool undecided = std::ranges::any_of(
      undecided_, [&](const UndecidedBurst& one) { return one.burst.overlaps(pending.range); });
  const bool closed = std::ranges::all_of(kDirections, [&](Direction direction) {
    return histories_[direction].through() + 1 >= pending.range.to;
  });
  return !undecided && (closed || paused_);
}

FlightDump FlightRecorder::dump(const PendingDump& pending) const {
  return {.iface = iface_,
          .direction = pending.direction,
          .start = window_ * static_cast<std::int64_t>(pending.first),
          .wall_ahead = pending.wall_ahead,
          .window = window_,
          .range = pending.range,
          .extracts = {.rx = histories_.rx.extract(pending.range),
                       .tx = histories_.tx.extract(pending.range)}};
}

std::vector<FlightDump> FlightRecorder::pop_complete() {
  std::vector<FlightDump> dumps;
  std::erase_if(pending_, [&](const PendingDump& pending) {
    if (!complete(pending)) return false;
    dumps.push_back(dump(pending));
    return true;
  });
  return dumps;
}

std::vector<FlightDump> FlightRecorder::finish() {
  std::vector<FlightDump> dumps;
  for (const PendingDump& pending : std::exchange(pending_, {})) dumps.push_back(dump(pending));
  return dumps;
}

// Drops the windows that no dump, undecided burst or burst to come can ask for.
void FlightRecorder::forget() {
  std::uint64_t needed = std::min(histories_.rx.through(), histories_.tx.through());
  for (const Direction direction : kDirections) {
    needed = std::min(needed, open_since_[direction].value_or(needed));
  }
  for (const UndecidedBurst& one : undecided_) needed = std::min(needed, one.burst.from);
  needed = before(needed, around_ + kEdge);
  for (const PendingDump& pending : pending_) needed = std::min(needed, pending.range.from);
  for (const Direction direction : kDirections) histories_[direction].forget_before(needed);
}

}  // namespace cgtally
