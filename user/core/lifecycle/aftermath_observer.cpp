// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/aftermath_observer.h"

#include <algorithm>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

// A run of refusals is over when none came for this long.
constexpr Nanoseconds kRunBreak = 2s;
constexpr Nanoseconds kLively = 5s;

// A counter that went back is that of another netns: nothing is known of what was before.
std::uint64_t gained(std::uint64_t before, std::uint64_t now) {
  return now - std::min(before, now);
}

}  // namespace

void RefusalHistory::add(const NetnsTcpCounts& counts, Nanoseconds now) {
  const bool known = last_ && counts.attempt_fails >= last_->counts.attempt_fails;
  const bool refused = known && counts.attempt_fails > last_->counts.attempt_fails;
  if (refused && last_refusal_ == Nanoseconds{}) {
    run_base_ = last_->counts.attempt_fails;
    run_began_ = last_->at;
  }
  if (refused) last_refusal_ = now;
  if (!known || (!refused && now - last_refusal_ > kRunBreak)) {
    last_refusal_ = {};
    run_base_ = counts.attempt_fails;
    run_began_ = now;
  }
  last_but_one_ = known ? last_ : std::nullopt;
  last_ = {.counts = counts, .at = now};
}

void RefusalHistory::end_run() {
  if (!last_) return;
  last_refusal_ = {};
  run_base_ = last_->counts.attempt_fails;
  run_began_ = last_->at;
}

std::optional<RefusalHistory::Taken> RefusalHistory::before(Nanoseconds time) const {
  return last_ && last_->at > time ? last_but_one_ : last_;
}

AftermathObserver::AftermathObserver(Nanoseconds ended, std::uint64_t netns, std::uint32_t siblings,
                                     const RefusalHistory& history)
    : result_{.ended = ended, .netns = netns, .siblings = siblings} {
  const auto base = history.before(ended);
  result_.base_known = base.has_value();
  result_.counters_known = base.has_value();
  if (!base) return;
  base_ = base->counts;
  result_.base_before = ended - base->at;
  const std::uint64_t run_base = history.run_base();
  if (run_base >= base->counts.attempt_fails) return;
  result_.refused_before = base->counts.attempt_fails - run_base;
  result_.refused_before_since = ended - history.run_began();
}

void AftermathObserver::update_counts(const NetnsTcpCounts& counts, Nanoseconds after) {
  result_.counters_known = true;
  if (!base_) base_ = counts;
  const std::uint64_t refused = gained(base_->attempt_fails, counts.attempt_fails);
  if (refused > result_.refused) {
    if (looked_) {
      result_.resolution = std::max(result_.resolution, after - result_.watched);
    } else {
      result_.refused_by_first_look = refused;
    }
    result_.first_refused = result_.first_refused.value_or(after);
    result_.last_refused = after;
    last_refusal_ = after;
    last_activity_ = after;
  }
  result_.refused = refused;
  result_.resets = gained(base_->out_rsts, counts.out_rsts);
  result_.aborted = gained(base_->estab_resets, counts.estab_resets);
}

void AftermathObserver::update_traffic(const Traffic& traffic, Nanoseconds after) {
  if (traffic.rx_packets > result_.traffic.rx_packets) {
    result_.first_traffic = result_.first_traffic.value_or(after);
    result_.last_traffic = after;
    last_activity_ = after;
  }
  result_.traffic = traffic;
}

AftermathState AftermathObserver::judge(const PodLook& look, Nanoseconds after) const {
  if (look.gone) return AftermathState::pod_gone;
  if (after - last_activity_ >= kQuietAfter) return AftermathState::quiet;
  if (look.successor && after - last_refusal_ >= kQuietAfter) return AftermathState::replaced;
  return after >= kLimit ? AftermathState::limit : AftermathState::watching;
}

void AftermathObserver::update(const PodLook& look) {
  if (result_.state != AftermathState::watching) return;
  const Nanoseconds after = std::max(look.at - result_.ended, 0ns);
  if (look.counts) update_counts(*look.counts, after);
  if (look.traffic) update_traffic(*look.traffic, after);
  if (!looked_) result_.looked = after;
  looked_ = true;
  result_.watched = after;
  result_.state = judge(look, after);
}

void AftermathObserver::name(const std::vector<PortRefusals>& since_end) {
  for (const PortRefusals& one : since_end) {
    if (one.netns == result_.netns && one.count > result_.named.count) result_.named = one;
  }
}

void AftermathObserver::cut() {
  if (result_.state == AftermathState::watching) result_.state = AftermathState::cut;
}

bool AftermathObserver::is_lively(Nanoseconds now) const {
  return now - result_.ended - last_refusal_ < kLively;
}

}  // namespace cgtally
