// SPDX-License-Identifier: Apache-2.0
#include "monitor/live/live_extras.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "adapters/netlink/links.h"

namespace cgtally::monitor {
namespace {

BurstNote note_of(const NamedBurst& one) {
  const Burst& burst = one.burst.burst;
  return {.begin = burst.start(),
          .wall = one.wall,
          .iface = one.burst.iface,
          .direction = one.burst.direction,
          .length = burst.length(),
          .bytes = burst.bytes,
          .account = one.account,
          .under_way = one.burst.under_way};
}

}  // namespace

LiveExtras::LiveExtras(const InterfaceChoice& choice, const CreditOptions& credits,
                       std::optional<Instance> instance, const Threshold& threshold,
                       Session& session, sys::Poller& poller, Notices& notices)
    : choice_(choice),
      credit_options_(credits),
      instance_(instance),
      threshold_(threshold),
      session_(session),
      poller_(poller),
      notices_(notices),
      evidence_(std::move(instance)),
      allowances_(choice.host_root, notices) {}

void LiveExtras::round(const Reading& reading) {
  taken_ = reading.taken;
  if (!std::exchange(begun_, true)) {
    begin_credits(reading);
    begin_bursts(reading);
    return;
  }
  if (credits_) {
    if (const auto report = credits_->take(session_, reading)) {
      directions_ = {report->directions.tx, report->directions.rx};
    }
  }
  if (bursts_) {
    look_at_allowances(reading);
    bursts_->round(reading.ledger);
    std::vector<BurstNote> under_way;
    std::ranges::transform(bursts_->under_way(), std::back_inserter(under_way), note_of);
    board_->set_under_way(std::move(under_way));
    hear_of_missed(reading.taken);
  }
}

void LiveExtras::put_into(Report& report) {
  report.credits = directions_;
  report.bursts.reset();
  if (board_) {
    report.bursts = board_->next_panel(taken_);
    report.bursts->verdict = verdict();
  }
}

// An estimate that lacks a part of what is charged would be too high, and not say so.
std::vector<std::string> LiveExtras::not_counted() const {
  if (choice_.interfaces.empty() || !choice_.netns.empty()) {
    return {};
  }
  std::set<std::string> counted;
  for (const CountedInterface& one : session_.counted_interfaces()) {
    counted.insert(one.name);
  }
  std::vector<std::string> missing;
  for (const Interface& link : netlink::list_links().value_or(std::vector<Interface>{})) {
    if (link.uplink() && !counted.contains(link.name)) {
      missing.push_back(link.name);
    }
  }
  return missing;
}

void LiveExtras::begin_credits(const Reading& base) {
  if (!instance_) {
    return;
  }
  if (const auto missing = not_counted(); !missing.empty()) {
    notices_.report("no credits are shown: the instance pays for " + missing.front() +
                    " too, which is not counted");
    return;
  }
  for (const std::string& note : instance_->notes) notices_.report(note);
  auto watch = CreditMonitor::begin(credit_options_, *instance_, choice_.host_root, session_, base,
                                    0, notices_, CreditRole::bystander);
  if (!watch) {
    notices_.report("no credits are shown: " + watch.error().what);
    return;
  }
  credits_.emplace(*std::move(watch));
}

void LiveExtras::begin_bursts(const Reading& base) {
  const Nanoseconds window = session_.window_settings().window;
  if (window <= Nanoseconds::zero()) {
    return;
  }
  look_at_allowances(base);
  board_.emplace(window);
  bursts_.emplace(session_, evidence_, threshold_, notices_,
                  [this](const NamedBurst& one) { board_->add(note_of(one)); });
  bursts_->report_missed(BurstMonitor::MissedReports::first);
  bursts_->on_windows([this](const SeenWindows& seen) {
    if (seen.batch != nullptr) board_->add(seen.iface, seen.direction, seen.batch->windows);
  });
  if (auto begun = bursts_->begin(poller_, base.ledger); !begun) {
    notices_.report("no bursts are shown: " + begun.error().what);
    bursts_.reset();
    board_.reset();
  }
}

void LiveExtras::hear_of_missed(const Moment& now) {
  const std::uint64_t missed = bursts_->totals().missed();
  if (missed > missed_) {
    board_->add_missed(missed - std::exchange(missed_, missed), now.boot);
  }
}

void LiveExtras::look_at_allowances(const Reading& reading) {
  if (credits_) {
    if (const auto& look = credits_->looked()) {
      evidence_.hear(*look, credits_->allowances());
    }
    return;
  }
  if (const auto look =
          allowances_.look(reading, [this] { return session_.counted_interfaces(); })) {
    evidence_.hear(*look, allowances_.allowances());
  }
}

// The worse one of the two directions.
AllowanceVerdict LiveExtras::verdict() const {
  AllowanceVerdict worst = AllowanceVerdict::none;
  const Allowances& allowances = credits_ ? credits_->allowances() : allowances_.allowances();
  for (const AllowanceSummary& one : allowances.summaries()) {
    if (one.there &&
        (one.counter == AllowanceCounter::bw_in || one.counter == AllowanceCounter::bw_out)) {
      worst = std::max(worst, one.verdict);
    }
  }
  return worst;
}

}  // namespace cgtally::monitor
