// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_monitor.h"

#include <algorithm>
#include <iterator>
#include <ranges>

#include "adapters/sys/clock.h"
#include "core/base/quantity.h"
#include "core/bursts/lines.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWallStep = 500ms;  // no daemon slews as much between two looks

// A third of a ring at most, so that a reader that is late by another look still misses nothing;
// short windows leave less room, because what is late itself takes a part of their ring.
Nanoseconds pause_for(Nanoseconds window) {
  return std::clamp<Nanoseconds>(window * (window < 1ms ? 50 : 80), 1ms, 100ms);
}

}  // namespace

BurstMonitor::BurstMonitor(Session& session, BurstEvidence& evidence, Threshold threshold,
                           Notices& notices, OnBurst on_burst)
    : session_(session),
      evidence_(evidence),
      threshold_(std::move(threshold)),
      notices_(notices),
      on_burst_(std::move(on_burst)) {}

Result<void> BurstMonitor::begin(sys::Poller& poller, const std::string& ledger) {
  ledger_ = ledger;
  window_ = session_.window_settings().window;
  if (window_ <= Nanoseconds::zero()) {
    return std::unexpected(Error{.what = "no windows are kept here: bursts cannot be told",
                                 .hint = "see why: cgtally doctor",
                                 .failure = Failure::unsupported});
  }
  auto timer = sys::Timer::every(pause_for(window_));
  if (!timer) {
    return std::unexpected(timer.error());
  }
  timer_.emplace(std::move(*timer));
  poller_ = &poller;
  names_.emplace(session_, window_, sys::now().boot);
  reader_.begin(pause_for(window_));
  follow_interfaces();
  (void)evidence_.read(sys::now().boot);
  return poller.add(timer_->fd(), [this] {
    (void)timer_->read_expirations();
    look();
  });
}

void BurstMonitor::follow_interfaces() {
  const std::vector<InterfaceKey> attached = session_.attached();
  std::vector<InterfaceKey> gone;
  for (const auto& [key, watched] : watched_) {
    if (std::ranges::find(attached, key) == attached.end()) gone.push_back(key);
  }
  let_go_of(gone);
  for (const InterfaceKey key : attached) {
    if (watched_.contains(key)) {
      continue;
    }
    auto windows = session_.windows(key);
    if (windows && reader_.add(key, *std::move(windows))) {
      watched_.emplace(
          key, Watched{.name = session_.interface_name(key), .ways = {Way(window_), Way(window_)}});
    }
    // An interface that has gone meanwhile is no longer attached in the next round.
  }
}

void BurstMonitor::let_go_of(const std::vector<InterfaceKey>& keys) {
  for (const InterfaceKey key : keys) {
    reader_.remove(key);
  }
  take_windows(sys::now().boot);
  for (const InterfaceKey key : keys) {
    end_bursts_of(watched_.at(key));
    watched_.erase(key);
  }
}

void BurstMonitor::look() {
  const Moment now = sys::now();
  note_wall_clock(now);
  take_windows(now.boot);
  if (!evidence_.has_counters()) {
    settle(now.boot);
  }
}

void BurstMonitor::take_windows(Nanoseconds boot_time) {
  names_->look(boot_time);
  for (const ReadWindows& read : reader_.take()) {
    take(watched_.at(read.iface), read.direction, names_->name(read, boot_time));
  }
}

void BurstMonitor::take(Watched& watched, Direction direction, const WindowBatch& batch) {
  Way& way = watched.ways[index(direction)];
  if (batch.missed) {
    note_missed(watched, direction, *batch.missed);
  }
  way.detector.set_threshold(threshold_.fixed.value_or(way.following.threshold()));
  Bytes all;
  for (const TrafficWindow& window : batch.windows) {
    histories_[index(direction)].add(at(window.window_index), window.bytes);
    all += window.bytes;
  }
  way.following.add(all, at(batch.through + 1));
  totals_.add_traffic(direction, all);
  auto bursts = way.detector.process(batch.windows, batch.through, batch.missed);
  if (on_windows_) {
    on_windows_({.iface = watched.name,
                 .direction = direction,
                 .window = window_,
                 .batch = &batch,
                 .ended = bursts,
                 .open_since = way.detector.open_since()});
  }
  for (Burst& burst : bursts) {
    put(watched, direction, std::move(burst));
  }
  tell_progress(watched, direction, batch.through);
}

void BurstMonitor::tell_progress(Watched& watched, Direction direction, std::uint64_t through) {
  Way& way = watched.ways[index(direction)];
  const auto since = way.detector.open_since();
  desks_[index(direction)].set_under_way(watched.name,
                                         since ? std::optional(at(*since)) : std::nullopt);
  if (since && on_progress_ && way.progress.due(at(*since), at(through + 1 - *since))) {
    on_progress_(so_far(watched, direction));
  }
}

NamedBurst BurstMonitor::so_far(const Watched& watched, Direction direction) const {
  const Burst burst = *watched.ways[index(direction)].detector.so_far();
  return {.burst = {.iface = watched.name,
                    .direction = direction,
                    .burst = burst,
                    .exceeded = desks_[index(direction)].exceeded_so_far(watched.name),
                    .shared_with = {},
                    .verdict = {},
                    .under_way = true},
          .wall = burst.start() + *wall_ahead_,
          .account = top_account(burst)};
}

std::vector<NamedBurst> BurstMonitor::under_way() const {
  std::vector<NamedBurst> bursts;
  for (const auto& [key, watched] : watched_) {
    for (const Direction direction : kDirections) {
      if (!watched.ways[index(direction)].detector.open_since()) continue;
      NamedBurst burst = so_far(watched, direction);
      if (burst.burst.burst.length() >= BackoffSchedule::kFirst) bursts.push_back(std::move(burst));
    }
  }
  return bursts;
}

void BurstMonitor::put(const Watched& watched, Direction direction, Burst burst) {
  auto history = histories_[index(direction)].until(burst.end());
  desks_[index(direction)].add({.iface = watched.name,
                                .direction = direction,
                                .burst = std::move(burst),
                                .exceeded = {},
                                .shared_with = {},
                                .verdict = {}},
                               std::move(history));
}

void BurstMonitor::note_missed(const Watched& watched, Direction direction,
                               const MissedWindows& missed) {
  totals_.add_missed(missed.count());
  totals_.add_missed_traffic(direction, missed.bytes);
  if (missed_reports_ == MissedReports::first && missed_before_) return;
  notices_.report(watched.name + " " + std::string(direction_name(direction)) + ": up to " +
                  format_count(missed.count()) + " windows were missed (" +
                  format_duration(at(missed.count())) + ", with " + format_bytes(missed.bytes) +
                  "): they were overwritten before this reader came by");
}

// Starts are told by the clock as it is when they are told.
void BurstMonitor::note_wall_clock(const Moment& now) {
  const Nanoseconds ahead = now.wall - now.boot;
  // The clocks are read one after the other.
  const Nanoseconds step =
      std::chrono::round<std::chrono::milliseconds>(ahead - wall_ahead_.value_or(ahead));
  wall_ahead_ = ahead;
  if (std::chrono::abs(step) >= kWallStep) {
    notices_.report("the wall clock was set " +
                    std::string(step > Nanoseconds::zero() ? "forward" : "back") + " by " +
                    format_duration(std::chrono::abs(step)) +
                    ": starts are told by the new time from here on, and lengths are not touched");
  }
}

void BurstMonitor::settle(Nanoseconds boot_time) {
  const auto gains = evidence_.read(boot_time);
  for (const Direction direction : kDirections) {
    const AllowanceGain& gain = gains[index(direction)];
    if (gain.exceeded) {
      totals_.add_exceeded(direction, *gain.exceeded);
    }
    for (ExplainedBurst& burst :
         desks_[index(direction)].explain(gain, evidence_.grant(direction))) {
      NamedBurst named{.burst = std::move(burst), .wall = {}, .account = {}};
      named.wall = named.burst.burst.start() + *wall_ahead_;
      named.account = top_account(named.burst.burst);
      totals_.add(named.burst, named.account.empty() ? "(not told)" : named.account);
      on_burst_(named);
    }
  }
}

std::string BurstMonitor::top_account(const Burst& burst) const {
  return burst.shares.empty() ? std::string() : account_name(burst.shares.front().account);
}

std::string BurstMonitor::account_name(const Account& account) const {
  return account.kind == AccountKind::cgroup ? session_.name_of(account.cgroup_id).path
                                             : std::string(reason_name(account.kind));
}

void BurstMonitor::round(const std::string& ledger) {
  const bool another =
      ledger != ledger_;  // its keys begin again: the same one is another interface
  if (another) {
    names_->begin_anew(sys::now().boot);
  }
  look();
  if (another) {
    std::vector<InterfaceKey> all;
    std::ranges::copy(std::views::keys(watched_), std::back_inserter(all));
    let_go_of(all);
    ledger_ = ledger;
  }
  follow_interfaces();
  if (evidence_.has_counters()) {
    settle(sys::now().boot);
  }
  missed_before_ = totals_.missed() > 0;
}

void BurstMonitor::end_bursts_of(Watched& watched) {
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

void BurstMonitor::finish() {
  reader_.end();
  look();
  for (auto& [key, watched] : watched_) {
    end_bursts_of(watched);
  }
  watched_.clear();
  totals_.set_late(late_);
  settle(sys::now().boot);
  (void)poller_->remove(timer_->fd());
}

}  // namespace cgtally::monitor
