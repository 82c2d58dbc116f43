// SPDX-License-Identifier: Apache-2.0
#include "cli/burst_watch.h"

#include <algorithm>
#include <thread>

#include "adapters/sys/clock.h"
#include "core/burst_screen.h"
#include "core/quantity.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWallStep = 500ms;  // no daemon slews as much between two looks
constexpr auto kDirections = {Direction::rx, Direction::tx};

// A third of a ring at most, so that a reader that is late by another look still misses nothing;
// short windows leave less room, because what is late itself takes a part of their ring.
Nanoseconds pause_for(Nanoseconds window) {
  return std::clamp<Nanoseconds>(window * (window < 1ms ? 50 : 80), 1ms, 100ms);
}

std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

const char* name_of(Direction direction) { return direction == Direction::rx ? "rx" : "tx"; }

}  // namespace

BurstWatch::BurstWatch(Session& session, BurstEvidence& evidence, Threshold threshold,
                       OnBurst on_burst)
    : session_(session),
      evidence_(evidence),
      threshold_(std::move(threshold)),
      on_burst_(std::move(on_burst)) {}

Result<void> BurstWatch::begin(sys::Poller& poller, const std::string& ledger) {
  ledger_ = ledger;
  window_ = session_.window_terms().window;
  if (window_ <= Nanoseconds::zero()) {
    return std::unexpected(Error{.what = "no windows are kept here: bursts cannot be told",
                                 .cure = "see why: cgtally doctor",
                                 .failure = Failure::unsupported});
  }
  auto timer = sys::Timer::every(pause_for(window_));
  if (!timer) {
    return std::unexpected(timer.error());
  }
  timer_.emplace(std::move(*timer));
  poller_ = &poller;
  follow_interfaces(sys::now().boot);
  (void)evidence_.read(sys::now().boot);
  return poller.add(timer_->fd(), [this] {
    (void)timer_->take();
    look();
  });
}

void BurstWatch::follow_interfaces(Nanoseconds now) {
  const std::vector<InterfaceKey> attached = session_.attached();
  for (auto one = watched_.begin(); one != watched_.end();) {
    if (std::ranges::find(attached, one->first) == attached.end()) {
      end_bursts_of(one->second);
      one = watched_.erase(one);
    } else {
      ++one;
    }
  }
  for (const InterfaceKey key : attached) {
    if (watched_.contains(key)) {
      continue;
    }
    auto source = WindowSource::open(session_, key, now);
    if (source) {
      watched_.emplace(key, Watched{.name = session_.interface_name(key),
                                    .source = std::move(*source),
                                    .ways = {Way(window_), Way(window_)}});
    }
    // An interface that has gone meanwhile is no longer attached in the next round.
  }
}

void BurstWatch::look() {
  const Moment now = sys::now();
  note_wall_clock(now);
  for (auto& [key, watched] : watched_) {
    for (const Direction direction : kDirections) {
      look_at(watched, direction, now);
    }
  }
  if (!evidence_.has_counters()) {
    settle(now.boot);
  }
}

void BurstWatch::look_at(Watched& watched, Direction direction, const Moment& now) {
  Way& way = watched.ways[index(direction)];
  const auto batch = watched.source.read(direction, session_, now.boot);
  if (!batch) {
    return;  // a cell that is being written for that long: the next look has it
  }
  if (batch->missed) {
    note_missed(watched, direction, *batch->missed);
  }
  way.detector.set_threshold(threshold_.fixed.value_or(way.following.threshold()));
  Bytes all;
  for (const TrafficWindow& window : batch->windows) {
    histories_[index(direction)].add(window_ * static_cast<std::int64_t>(window.epoch),
                                     window.bytes);
    all += window.bytes;
  }
  way.following.add(all, now.boot);
  totals_.add_traffic(direction, all);
  auto bursts = way.detector.take(batch->windows, batch->through, batch->missed);
  if (on_windows_) {
    on_windows_({.iface = watched.name,
                 .direction = direction,
                 .window = window_,
                 .batch = &*batch,
                 .ended = bursts,
                 .open_since = way.detector.open_since()});
  }
  for (Burst& burst : bursts) {
    put(watched, direction, std::move(burst));
  }
}

void BurstWatch::put(const Watched& watched, Direction direction, Burst burst) {
  auto history = histories_[index(direction)].until(burst.end());
  desks_[index(direction)].put({.iface = watched.name,
                                .direction = direction,
                                .burst = std::move(burst),
                                .exceeded = {},
                                .shared_with = {},
                                .verdict = {}},
                               std::move(history));
}

void BurstWatch::note_missed(const Watched& watched, Direction direction,
                             const MissedWindows& missed) {
  totals_.add_missed(missed.count());
  totals_.add_missed_traffic(direction, missed.bytes);
  notices_.push_back(watched.name + " " + name_of(direction) + ": up to " +
                     format_count(missed.count()) + " windows were missed (" +
                     format_duration(window_ * static_cast<std::int64_t>(missed.count())) +
                     ", with " + format_bytes(missed.bytes) +
                     "): they were overwritten before this reader came by");
}

// Starts are told by the clock as it is when they are told.
void BurstWatch::note_wall_clock(const Moment& now) {
  const Nanoseconds ahead = now.wall - now.boot;
  const Nanoseconds step = ahead - wall_ahead_.value_or(ahead);
  wall_ahead_ = ahead;
  if (std::chrono::abs(step) >= kWallStep) {
    notices_.push_back(
        "the wall clock was set " + std::string(step > Nanoseconds::zero() ? "forward" : "back") +
        " by " + format_duration(std::chrono::abs(step)) +
        ": starts are told by the new time from here on, and lengths are not touched");
  }
}

void BurstWatch::settle(Nanoseconds boot_time) {
  const auto gains = evidence_.read(boot_time);
  for (const Direction direction : kDirections) {
    const AllowanceGain& gain = gains[index(direction)];
    if (gain.exceeded) {
      totals_.add_exceeded(direction, *gain.exceeded);
    }
    for (ExplainedBurst& burst : desks_[index(direction)].take(gain, evidence_.grant(direction))) {
      NamedBurst named{.burst = std::move(burst), .wall = {}, .account = {}};
      named.wall = named.burst.burst.start() + *wall_ahead_;
      named.account = top_account(named.burst.burst);
      totals_.add(named.burst, named.account.empty() ? "(not told)" : named.account);
      on_burst_(named);
    }
  }
}

std::string BurstWatch::top_account(const Burst& burst) const {
  return burst.shares.empty() ? std::string() : account_name(burst.shares.front().account);
}

std::string BurstWatch::account_name(const Account& account) const {
  return account.kind == AccountKind::cgroup ? session_.name_of(account.cgroup_id).path
                                             : std::string(reason_name(account.kind));
}

void BurstWatch::round(const std::string& ledger) {
  look();
  if (ledger != ledger_) {  // its keys begin again: the same key is another interface
    for (auto& [key, watched] : watched_) {
      end_bursts_of(watched);
    }
    watched_.clear();
    ledger_ = ledger;
  }
  follow_interfaces(sys::now().boot);
  if (evidence_.has_counters()) {
    settle(sys::now().boot);
  }
}

void BurstWatch::end_bursts_of(Watched& watched) {
  for (const Direction direction : kDirections) {
    BurstDetector& detector = watched.ways[index(direction)].detector;
    auto burst = detector.finish();
    if (on_windows_) {
      on_windows_({.iface = watched.name,
                   .direction = direction,
                   .window = window_,
                   .ended = burst ? std::vector{*burst} : std::vector<Burst>{}});
    }
    if (burst) {
      put(watched, direction, std::move(*burst));
    }
    late_ += detector.late();
  }
}

void BurstWatch::finish() {
  Nanoseconds wait{};
  for (const auto& [key, watched] : watched_) {
    wait = std::max(wait, watched.source.closes_after() + window_);
  }
  std::this_thread::sleep_for(wait);
  look();
  for (auto& [key, watched] : watched_) {
    end_bursts_of(watched);
  }
  watched_.clear();
  totals_.set_late(late_);
  settle(sys::now().boot);
  (void)poller_->remove(timer_->fd());
}

}  // namespace cgtally::cli
