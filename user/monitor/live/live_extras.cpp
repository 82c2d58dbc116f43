// SPDX-License-Identifier: Apache-2.0
#include "monitor/live/live_extras.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "adapters/netlink/links.h"
#include "core/bursts/lines.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostNamed = 30;    // accounts with a share of a direction's credits
constexpr std::size_t kMostLogged = 300;  // bursts

}  // namespace

// Without an instance the counters are read for the bursts alone.
LiveExtras::LiveExtras(const InterfaceChoice& choice, const CreditOptions& credits,
                       const BurstSetup& bursts, Monitor& monitor, sys::Poller& poller,
                       Notices& notices, CreditRole role)
    : choice_(choice),
      credit_options_(credits),
      burst_setup_(bursts),
      monitor_(monitor),
      poller_(poller),
      notices_(notices),
      role_(role) {
  const auto missing = bursts.context.instance() ? uncounted_uplinks() : std::vector<std::string>{};
  if (!missing.empty()) {
    no_credits_ =
        fmt::format("no credits are shown: the instance pays for {} too, which is not counted",
                    missing.front());
    notices_.report(no_credits_);
  }
  shows_credits_ = bursts.context.instance() && missing.empty();
  monitor_.read_allowances_of(shows_credits_       ? AllowanceScope::billed
                              : windows_are_kept() ? AllowanceScope::counted
                                                   : AllowanceScope::none);
}

bool LiveExtras::windows_are_kept() const {
  return monitor_.session().window_settings().window > Nanoseconds::zero();
}

// An estimate that lacks a part of what is billed would be too high, and not say so.
std::vector<std::string> LiveExtras::uncounted_uplinks() const {
  if (choice_.interfaces.empty() || !choice_.netns.empty()) return {};
  std::set<std::string> counted;
  for (const CountedInterface& one : monitor_.session().counted_interfaces()) {
    counted.insert(one.name);
  }
  std::vector<std::string> missing;
  for (const Interface& link : netlink::list_links().value_or(std::vector<Interface>{})) {
    if (link.uplink() && !counted.contains(link.name)) missing.push_back(link.name);
  }
  return missing;
}

void LiveExtras::start(const Snapshot& base) {
  taken_ = base.reading.taken;
  if (shows_credits_) start_credits(base);
  if (windows_are_kept()) start_bursts(base);
  if (!credits_ && !bursts_) monitor_.read_allowances_of(AllowanceScope::none);
}

void LiveExtras::start_credits(const Snapshot& base) {
  const Instance& instance = *burst_setup_.context.instance();
  for (const std::string& note : instance.notes) notices_.report(note);
  auto started = CreditMonitor::start(credit_options_, instance, choice_.host_root, base,
                                      keeps_details_ ? kMostNamed : 0, notices_, role_);
  if (!started) {
    no_credits_ = "no credits are shown: " + started.error().what;
    notices_.report(no_credits_);
    return;
  }
  credits_.emplace(*std::move(started));
}

void LiveExtras::start_bursts(const Snapshot& base) {
  constexpr std::size_t kInterfaceColumns = 8;
  if (monitor_.session().counted_interfaces().size() > 1) {
    burst_interface_columns_ = kInterfaceColumns;
  }
  history_.emplace(monitor_.session().window_settings().window);
  bursts_.emplace(monitor_.session(), burst_setup_, notices_, [this](const NamedBurst& one) {
    history_->add(one);
    if (on_burst_) on_burst_(one);
    if (keeps_details_) log_burst(one);
  });
  bursts_->set_missed_reports(BurstMonitor::MissedReports::first);
  bursts_->on_windows([this](const SeenWindows& seen) {
    if (seen.batch != nullptr) history_->add(seen.iface, seen.direction, seen.batch->windows);
    if (on_windows_) on_windows_(seen);
  });
  if (auto started = bursts_->start(poller_, base); !started) {
    no_bursts_ = "no bursts are shown: " + started.error().what;
    notices_.report(no_bursts_);
    bursts_.reset();
    history_.reset();
  }
}

void LiveExtras::update(const Snapshot& snapshot) {
  taken_ = snapshot.reading.taken;
  if (credits_) {
    if (auto report = credits_->update(snapshot)) credit_report_ = *std::move(report);
  }
  if (bursts_) {
    bursts_->update(snapshot);
    std::vector<BurstNote> under_way;
    std::ranges::transform(bursts_->under_way(), std::back_inserter(under_way),
                           [](const NamedBurst& one) { return note_of(BurstGroup(one)); });
    history_->set_under_way(std::move(under_way));
    add_missed(taken_);
  }
}

void LiveExtras::fill(Report& report) {
  report.credits.clear();
  if (credit_report_) {
    report.credits = {credit_report_->directions.tx, credit_report_->directions.rx};
  }
  report.bursts.reset();
  if (history_) {
    report.bursts = history_->next_panel(taken_);
    report.bursts->verdict = verdict();
  }
}

void LiveExtras::save(const Moment& now) {
  if (credits_ && role_ == CreditRole::owner) credits_->save(now);
}

void LiveExtras::fill(screen::Content& content) {
  content.credits = credit_report_;
  content.no_credits =
      credits_ && !credit_report_ ? "the credits are known after the next reading" : no_credits_;
  content.bursts = burst_log_;
  content.no_bursts = bursts_ ? "" : no_bursts_;
  content.burst_interface_columns = burst_interface_columns_;
}

void LiveExtras::log_burst(const NamedBurst& burst) {
  burst_log_.push_back({.account = burst.account,
                        .line = burst_line(burst.burst, burst.wall, burst.shown(),
                                           {.interface_columns = burst_interface_columns_})});
  if (burst_log_.size() > kMostLogged) burst_log_.pop_front();
}

void LiveExtras::add_missed(const Moment& now) {
  const std::uint64_t missed = bursts_->totals().missed();
  if (missed > missed_) {
    history_->add_missed(missed - std::exchange(missed_, missed), now.boot);
  }
}

// The worse one of the two directions.
AllowanceVerdict LiveExtras::verdict() const {
  AllowanceVerdict worst = AllowanceVerdict::none;
  for (const AllowanceSummary& one : monitor_.counters().summaries()) {
    if (one.there &&
        (one.counter == AllowanceCounter::bw_in || one.counter == AllowanceCounter::bw_out)) {
      worst = std::max(worst, one.verdict);
    }
  }
  return worst;
}

}  // namespace cgtally::monitor
