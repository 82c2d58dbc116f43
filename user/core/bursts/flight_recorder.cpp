// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/flight_recorder.h"

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

constexpr std::uint64_t kEdge = 2;  // a burst may begin with a window that was judged before it

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
      histories_{WindowHistory(kMostWindows), WindowHistory(kMostWindows)} {}

WindowRange FlightRecorder::around(const WindowRange& burst) const {
  return {before(burst.from, around_), burst.to + around_};
}

void FlightRecorder::add(Direction direction, const WindowUpdate& look,
                         const std::vector<Burst>& ended, std::optional<std::uint64_t> open_since) {
  paused_ = false;
  histories_[index(direction)].add(look);
  open_since_[index(direction)] = open_since;
  await(direction, ended);
  forget();
}

void FlightRecorder::pause(Direction direction, const std::vector<Burst>& ended) {
  paused_ = true;
  open_since_[index(direction)].reset();
  await(direction, ended);
}

void FlightRecorder::await(Direction direction, const std::vector<Burst>& ended) {
  for (const Burst& burst : ended) {
    histories_[index(direction)].add_burst(range_of(burst));
    unjudged_.push_back({.direction = direction, .burst = range_of(burst)});
  }
}

void FlightRecorder::judge(Direction direction, const Burst& burst, bool wanted,
                           Nanoseconds wall_ahead) {
  std::erase_if(unjudged_, [&](const Unjudged& one) {
    return one.direction == direction && one.burst == range_of(burst);
  });
  if (!wanted) return;
  const WindowRange range = around(range_of(burst));
  if (Armed* armed = shared_by(range)) {
    if (burst.first < armed->first) {
      armed->first = burst.first;
      armed->direction = direction;
    }
    armed->range = {std::min(armed->range.from, range.from), std::max(armed->range.to, range.to)};
    return;
  }
  armed_.push_back(
      {.direction = direction, .first = burst.first, .range = range, .wall_ahead = wall_ahead});
}

FlightRecorder::Armed* FlightRecorder::shared_by(const WindowRange& range) {
  // Half, because what it waits for, once it is full, needs room too.
  const auto longest = std::min<std::uint64_t>(windows(kLongest, window_), kMostWindows / 2);
  const auto found = std::ranges::find_if(armed_, [&](const Armed& armed) {
    const std::uint64_t from = std::min(armed.range.from, range.from);
    const std::uint64_t to = std::max(armed.range.to, range.to);
    const bool longer = WindowRange{from, to} != armed.range;  // what lies in it costs nothing
    return armed.range.overlaps(range) && (!longer || to - from <= longest);
  });
  return found == armed_.end() ? nullptr : &*found;
}

// A burst that lies in it may still be found worth it, and then makes it longer.
bool FlightRecorder::complete(const Armed& armed) const {
  const bool awaited = std::ranges::any_of(
      unjudged_, [&](const Unjudged& one) { return one.burst.overlaps(armed.range); });
  const bool closed = std::ranges::all_of(histories_, [&](const WindowHistory& history) {
    return history.through() + 1 >= armed.range.to;
  });
  return !awaited && (closed || paused_);
}

FlightDump FlightRecorder::dump(const Armed& armed) const {
  return {.iface = iface_,
          .direction = armed.direction,
          .start = window_ * static_cast<std::int64_t>(armed.first),
          .wall_ahead = armed.wall_ahead,
          .window = window_,
          .range = armed.range,
          .ways = {histories_[0].extract(armed.range), histories_[1].extract(armed.range)}};
}

std::vector<FlightDump> FlightRecorder::take() {
  std::vector<FlightDump> dumps;
  std::erase_if(armed_, [&](const Armed& armed) {
    if (!complete(armed)) return false;
    dumps.push_back(dump(armed));
    return true;
  });
  return dumps;
}

std::vector<FlightDump> FlightRecorder::finish() {
  std::vector<FlightDump> dumps;
  for (const Armed& armed : std::exchange(armed_, {})) dumps.push_back(dump(armed));
  return dumps;
}

// What no burst that may still come can ask for.
void FlightRecorder::forget() {
  std::uint64_t needed = std::min(histories_[0].through(), histories_[1].through());
  for (const auto& open : open_since_) needed = std::min(needed, open.value_or(needed));
  for (const Unjudged& one : unjudged_) needed = std::min(needed, one.burst.from);
  needed = before(needed, around_ + kEdge);
  for (const Armed& armed : armed_) needed = std::min(needed, armed.range.from);
  for (WindowHistory& history : histories_) history.forget_before(needed);
}

}  // namespace cgtally
