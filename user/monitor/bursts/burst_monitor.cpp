// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "adapters/sys/clock.h"
#include "core/base/quantity.h"
#include "core/bursts/lines.h"
#include "core/containers/account_label.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kWallStep = 500ms;  // no daemon slews that much between two reads

// At least three readings for each length of the ring, so that one that comes late loses nothing.
// Below 1 ms the time that late CPUs are waited for takes a larger part of the ring.
Nanoseconds pause_for(Nanoseconds window) {
  return std::clamp<Nanoseconds>(window * (window < 1ms ? 50 : 80), 1ms, 100ms);
}

}  // namespace

BurstMonitor::BurstMonitor(Session& session, const BurstSetup& setup, Notices& notices,
                           OnBurst on_burst)
    : session_(session),
      context_(setup.context),
      threshold_(setup.threshold),
      notices_(notices),
      on_burst_(std::move(on_burst)) {}

Result<void> BurstMonitor::start(sys::Poller& poller, const Snapshot& base) {
  ledger_ = base.reading.ledger;
  window_ = session_.window_settings().window;
  if (window_ <= Nanoseconds::zero()) {
    return std::unexpected(Error{.what = "no windows are kept here: bursts cannot be told",
                                 .hint = "see why: cgtally doctor",
                                 .failure = Failure::unsupported});
  }
  auto timer = sys::Timer::every(pause_for(window_));
  if (!timer) return std::unexpected(timer.error());
  timer_.emplace(std::move(*timer));
  poller_ = &poller;
  resolver_.emplace(session_, window_, sys::now().boot);
  reader_.start(pause_for(window_));
  follow_interfaces();
  if (base.allowances) {
    context_.update(*base.allowances, base.counters);
  }
  (void)context_.take_gains(sys::now().boot);
  return poller.add(timer_->fd(), [this] {
    (void)timer_->read_expirations();
    process_windows();
  });
}

void BurstMonitor::follow_interfaces() {
  const std::vector<InterfaceKey> attached = session_.attached();
  std::vector<InterfaceKey> gone;
  for (const auto& [key, watched] : watched_) {
    if (std::ranges::find(attached, key) == attached.end()) {
      gone.push_back(key);
    }
  }
  drop(gone);
  for (const InterfaceKey key : attached) {
    if (const auto known = watched_.find(key); known != watched_.end()) {
      rename(known->second, session_.interface_name(key));
      continue;
    }
    auto windows = session_.windows(key);
    if (windows && reader_.add(key, *std::move(windows))) {
      watched_.try_emplace(key, session_.interface_name(key), window_);
    }
    // An interface that has gone meanwhile is no longer attached at the next update.
  }
}

// A burst that goes on is told under the new name.
void BurstMonitor::rename(Watched& watched, const std::string& name) {
  if (watched.name == name) return;
  for (const Direction direction : kDirections) {
    explainers_[direction].set_under_way(watched.name, std::nullopt);
  }
  watched.name = name;
}

void BurstMonitor::drop(const std::vector<InterfaceKey>& keys) {
  for (const InterfaceKey key : keys) {
    reader_.remove(key);
  }
  drain_reader(sys::now().boot);
  for (const InterfaceKey key : keys) {
    end_bursts_of(watched_.at(key));
    watched_.erase(key);
  }
}

void BurstMonitor::process_windows() {
  const Moment now = sys::now();
  check_wall_clock(now);
  drain_reader(now.boot);
  if (!context_.has_counters()) {
    explain(now.boot);
  }
}

void BurstMonitor::drain_reader(Nanoseconds boot_time) {
  for (const Error& damage : reader_.take_damage()) {
    notices_.report(fmt::format("{}; {}", damage.what, damage.hint));
  }
  resolver_->update(boot_time);
  for (const ReadWindows& read : reader_.drain()) {
    process(watched_.at(read.iface), read.direction, resolver_->resolve(read, boot_time));
  }
}

void BurstMonitor::process(Watched& watched, Direction direction, const WindowBatch& batch) {
  DirectionState& state = watched.states[direction];
  if (batch.missed) {
    report_missed(watched, direction, *batch.missed);
  }
  state.detector.set_rule(threshold_.rule(threshold_.fixed.value_or(state.following.threshold())));
  Bytes all;
  for (const TrafficWindow& window : batch.windows) {
    histories_[direction].add(start_of(window.window_index), window.bytes);
    all += window.bytes;
  }
  state.following.add(all, start_of(batch.through + 1));
  totals_.add_traffic(direction, all);
  auto bursts = state.detector.process(batch.windows, batch.through, batch.missed);
  if (on_windows_) {
    on_windows_({.iface = watched.name,
                 .direction = direction,
                 .window = window_,
                 .batch = &batch,
                 .ended = bursts,
                 .open_since = state.detector.open_since()});
  }
  for (Burst& burst : bursts) {
    await_cause(watched, direction, std::move(burst));
  }
  report_progress(watched, direction, batch.through);
}

void BurstMonitor::report_progress(Watched& watched, Direction direction, std::uint64_t through) {
  DirectionState& state = watched.states[direction];
  const auto since = state.detector.open_since();
  explainers_[direction].set_under_way(watched.name,
                                       since ? std::optional(start_of(*since)) : std::nullopt);
  if (!since || !on_progress_) return;
  const auto burst = so_far(watched, direction);
  if (burst && state.progress.due(start_of(*since), start_of(through + 1 - *since))) {
    on_progress_(*burst);
  }
}

std::optional<NamedBurst> BurstMonitor::so_far(const Watched& watched, Direction direction) const {
  const auto burst = watched.states[direction].detector.so_far();
  if (!burst) return std::nullopt;
  return NamedBurst{.burst = {.iface = watched.name,
                              .direction = direction,
                              .burst = *burst,
                              .exceeded = explainers_[direction].exceeded_so_far(watched.name),
                              .shared_with = {},
                              .verdict = {},
                              .under_way = true},
                    .wall = burst->start() + *wall_ahead_,
                    .account = top_account(*burst),
                    .label = top_label(*burst)};
}

std::vector<NamedBurst> BurstMonitor::under_way() const {
  std::vector<NamedBurst> bursts;
  for (const auto& [key, watched] : watched_) {
    for (const Direction direction : kDirections) {
      auto burst = so_far(watched, direction);
      if (burst && burst->burst.burst.length() >= BackoffSchedule::kFirst) {
        bursts.push_back(*std::move(burst));
      }
    }
  }
  return bursts;
}

void BurstMonitor::await_cause(const Watched& watched, Direction direction, Burst burst) {
  auto history = histories_[direction].until(burst.end());
  explainers_[direction].add({.iface = watched.name,
                              .direction = direction,
                              .burst = std::move(burst),
                              .exceeded = {},
                              .shared_with = {},
                              .verdict = {}},
                             std::move(history));
}

void BurstMonitor::report_missed(const Watched& watched, Direction direction,
                                 const MissedWindows& missed) {
  totals_.add_missed(missed.count());
  totals_.add_missed_traffic(direction, missed.bytes);
  if (missed_reports_ == MissedReports::first && missed_before_) return;
  notices_.report(fmt::format(
      "{} {}: up to {} windows were missed ({}, with {}): they were overwritten before this reader "
      "came by",
      watched.name, direction_name(direction), format_count(missed.count()),
      format_duration(start_of(missed.count())), format_bytes(missed.bytes)));
}

// Starts are told by the clock as it is when they are told.
void BurstMonitor::check_wall_clock(const Moment& now) {
  const Nanoseconds ahead = now.wall - now.boot;
  // The clocks are read one after the other.
  const Nanoseconds step =
      std::chrono::round<std::chrono::milliseconds>(ahead - wall_ahead_.value_or(ahead));
  wall_ahead_ = ahead;
  if (std::chrono::abs(step) >= kWallStep) {
    notices_.report(fmt::format(
        "the wall clock was set {} by {}: starts are told by the new time from here on, and "
        "lengths are not touched",
        step > Nanoseconds::zero() ? "forward" : "back", format_duration(std::chrono::abs(step))));
  }
}

void BurstMonitor::explain(Nanoseconds boot_time) {
  const auto gains = context_.take_gains(boot_time);
  for (const Direction direction : kDirections) {
    const AllowanceGain& gain = gains[direction];
    if (gain.exceeded) {
      totals_.add_exceeded(direction, *gain.exceeded);
    }
    for (ExplainedBurst& burst : explainers_[direction].explain(gain, context_.granted())) {
      NamedBurst named{.burst = std::move(burst), .wall = {}, .account = {}};
      named.wall = named.burst.burst.start() + *wall_ahead_;
      named.account = top_account(named.burst.burst);
      named.label = top_label(named.burst.burst);
      totals_.add(named.burst, named.account.empty() ? "(not told)" : named.account, named.label);
      on_burst_(named);
    }
  }
}

std::string BurstMonitor::top_account(const Burst& burst) const {
  return burst.shares.empty() ? std::string() : account_name(burst.shares.front().account);
}

std::string BurstMonitor::top_label(const Burst& burst) const {
  if (burst.shares.empty()) return {};
  const Account& account = burst.shares.front().account;
  if (account.kind != AccountKind::cgroup) return {};
  const AccountName name = session_.name_of(account.cgroup_id);
  return account_label(name.path, name.owner);
}

std::string BurstMonitor::account_name(const Account& account) const {
  return account.kind == AccountKind::cgroup ? session_.name_of(account.cgroup_id).path.str()
                                             : std::string(reason_name(account.kind));
}

void BurstMonitor::update(const Snapshot& snapshot) {
  if (snapshot.allowances) {
    context_.update(*snapshot.allowances, snapshot.counters);
  }
  // The keys of another ledger begin again: the same key is another interface.
  const bool another = snapshot.reading.ledger != ledger_;
  if (another) {
    resolver_->restart(sys::now().boot);
  }
  process_windows();
  if (another) {
    std::vector<InterfaceKey> all;
    std::ranges::copy(std::views::keys(watched_), std::back_inserter(all));
    drop(all);
    ledger_ = snapshot.reading.ledger;
  }
  follow_interfaces();
  if (context_.has_counters()) {
    explain(sys::now().boot);
  }
  missed_before_ = totals_.missed() > 0;
}

void BurstMonitor::end_bursts_of(Watched& watched) {
  for (const Direction direction : kDirections) {
    BurstDetector& detector = watched.states[direction].detector;
    auto burst = detector.finish();
    if (on_windows_) {
      on_windows_({.iface = watched.name,
                   .direction = direction,
                   .window = window_,
                   .ended = burst ? std::vector{*burst} : std::vector<Burst>{}});
    }
    if (burst) {
      await_cause(watched, direction, std::move(*burst));
    }
    late_ += detector.late();
  }
}

void BurstMonitor::finish() {
  reader_.stop();
  process_windows();
  for (auto& [key, watched] : watched_) {
    end_bursts_of(watched);
  }
  watched_.clear();
  totals_.set_late(late_);
  explain(sys::now().boot);
  (void)poller_->remove(timer_->fd());
}

}  // namespace cgtally::monitor
