// SPDX-License-Identifier: Apache-2.0
// The conclusions that a bucket draws from traffic. Three things are evidence:
//   - a plateau at the baseline: the bucket is empty, and what was spent since it was full is its
//     capacity;
//   - spending beyond what the bucket could hold: something that was believed is wrong;
//   - rest: nothing can be missing any more.
// Each leaves a sentence in evidence().
#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "core/base/quantity.h"
#include "core/credits/bucket.h"

namespace cgtally {
namespace {

constexpr double kDrains = 1.1;      // baselines: a rate above this surely drains
constexpr double kDrainSeconds = 2;  // for that long, until the bucket was not empty
// Our hook charges packets that then wait in a queue before the limiter. Overspending by up to this
// many seconds of baseline is such a queue, not a contradiction.
constexpr double kQueueSeconds = 2;
constexpr double kMeasured = 0.10;      // a range narrower than this share of it is a measurement
constexpr double kExactness = 0.03;     // real buckets repeat as exactly as this
constexpr double kInsistSeconds = 20;   // of plateau, before a told or learned capacity gives way
constexpr double kHardlySeconds = 0.5;  // of baseline: as good as empty

std::string amount(double bytes) {
  constexpr double kMost = 1.8e19;
  return format_bytes({static_cast<std::uint64_t>(std::clamp(bytes, 0.0, kMost))});
}

std::string amounts(const ByteRange& range) {
  if (!range.bounded()) return fmt::format("at least {}", amount(range.lo));
  if (range.width() <= kMeasured * range.hi) return amount(range.middle());
  return fmt::format("{}..{}", amount(range.lo), amount(range.hi));
}

bool overlap(const ByteRange& a, const ByteRange& b) { return a.lo <= b.hi && b.lo <= a.hi; }

}  // namespace

void Bucket::add_evidence(const Moment& now, std::string sentence) {
  evidence_.push_back({now, std::move(sentence)});
  if (evidence_.size() > kMostEvidence) evidence_.pop_front();
}

void Bucket::check_drain(const BucketTick& tick) {
  if (rates_.current() <= kDrains * earned(1).hi) {
    drained_s_ = 0;
    return;
  }
  const bool was = drained_s_ >= kDrainSeconds;
  drained_s_ += tick_s_;
  if (was || drained_s_ < kDrainSeconds || bounds_.balance().lo > 0) return;
  // The newest of several such sentences in a row is enough.
  constexpr std::string_view kEnding = ": it was not empty";
  if (!evidence_.empty() && evidence_.back().sentence.ends_with(kEnding)) evidence_.pop_back();
  add_evidence(tick.now,
               fmt::format("{:.1f} x baseline for {:.0f} s{}",
                           rates_.current() / std::max(1.0, baseline()), drained_s_, kEnding));
}

void Bucket::check_full(const Moment& now) {
  const bool full = bounds_.deficit().hi <= earned(std::max(1.0, tick_s_)).hi;
  if (full && !full_reported_) add_evidence(now, "rested until nothing can be missing: full");
  // Reported again only after the bucket was clearly not full.
  full_reported_ =
      full || (full_reported_ && bounds_.deficit().lo <= kMeasured * bounds_.capacity().lo);
}

// Only what is there can be spent. If more was spent, the bucket was not empty or holds more.
void Bucket::check_overspending(const Moment& now, double beyond) {
  const bool above = drained_s_ > 0 || rates_.samples().empty();  // no samples: after a pause
  overspent_ = beyond > 0 && above ? overspent_ + beyond : (above ? overspent_ : 0);
  if (overspent_ <= kQueueSeconds * baseline()) return;
  const std::string more =
      fmt::format("{} more was spent than could be left: ", amount(overspent_));
  const bool fallback_holds = fallback_ && fallback_->balance().hi > kHardlySeconds * baseline();
  if (fallback_holds) {
    bounds_ = *fallback_;
    basis_ = fallback_basis_;
    add_evidence(now, more + "it had not been empty, and what followed from that is withdrawn");
  } else if (told_empty_) {
    bounds_.forget_balance();
    add_evidence(now, more + "it was not empty, as was TOLD");
  } else {
    const Basis before = basis_;
    bounds_.open_above(overspent_);
    basis_ = Basis::prior;
    add_evidence(now, fmt::format("{}the capacity ({}) was too small, it is raised to {}", more,
                                  basis_name(before), amounts(bounds_.capacity())));
  }
  fallback_.reset();
  told_empty_ = false;
  overspent_ = 0;
}

// Also keeps `leeway_`: the bytes that may be left although the bucket was empty in this plateau,
// namely what one tick earns and what was saved up since.
void Bucket::check_plateau(const BucketTick& tick, bool sampled) {
  const double gain = earned(tick_s_).hi;
  leeway_ = std::max(0.0, leeway_ + gain - static_cast<double>(tick.charged.value));
  if (plateau_.beginning()) leeway_ = std::max(leeway_, gain);
  if (!sampled) return;
  const double most_left = leeway_ + kExactness * bounds_.capacity().lo;
  plateau_.update(rates_, {.has_counter = tick.has_counter,
                           .may_be_empty = !doubted_ && bounds_.balance().lo <= most_left,
                           .flows = tick.flows});
  if (plateau_.beginning()) leeway_ = 0;
  if (plateau_.found() == Plateau::none) concluded_empty_ = doubted_ = false;
  if (plateau_.found() == Plateau::ambiguous && !doubted_) doubt(tick.now);
  if (plateau_.found() != Plateau::proven || concluded_empty_) return;
  if (contradicted_by_empty() && plateau_.seconds() < kInsistSeconds) return;
  conclude_empty(tick.now);
}

// True if more must be left than "empty" and an inexact capacity explain.
bool Bucket::contradicted_by_empty() const {
  return basis_ != Basis::prior &&
         bounds_.balance().lo > leeway_ + kExactness * bounds_.capacity().lo;
}

bool Bucket::seems_empty() const {
  const bool nothing_left = bounds_.balance().hi <= kHardlySeconds * baseline();
  if (concluded_empty_ || (nothing_left && drained_s_ <= 0)) return true;
  return plateau_.found() >= Plateau::seen && !contradicted_by_empty();
}

// The bytes that are missing now that nothing is left, if known well enough to be the capacity.
std::optional<ByteRange> Bucket::measured_capacity() const {
  const auto tight = [](const ByteRange& range) {
    return range.lo > 0 && range.bounded() && range.width() <= kMeasured * range.hi;
  };
  if (tight(bounds_.deficit()) && bounds_.capacity().width() > 0) return bounds_.deficit();
  const double margin = leeway_ + kExactness * bounds_.drawdown().hi;
  if (bounds_.overflowed(margin) && tight(bounds_.drawdown())) return bounds_.drawdown();
  if (tight(bounds_.deficit()) && contradicted_by_empty()) return bounds_.deficit();
  return std::nullopt;
}

// Both readings stay possible, so the balance may be 0 whatever the prior says. What the user told
// and what was learned are not doubted.
void Bucket::doubt(const Moment& now) {
  doubted_ = true;
  const auto limit = static_cast<std::uint64_t>(PlateauDetector::flow_limit(baseline()));
  add_evidence(
      now, fmt::format("{}: empty, or one flow's {}", plateau_.reason(), format_bit_rate({limit})));
  add_evidence(now, "a second busy connection or the allowance counter would tell");
  if (basis_ == Basis::prior) bounds_.allow_empty();
}

void Bucket::conclude_empty(const Moment& now) {
  const std::optional<ByteRange> missing = measured_capacity();
  const bool predicted = bounds_.balance().hi <= kMeasured * bounds_.capacity().hi;
  if (predicted) {
    fallback_.reset();
  } else if (!fallback_) {
    fallback_ = bounds_;
    fallback_basis_ = basis_;
  }
  const bool contradicted = contradicted_by_empty();
  leeway_ += plateau_.most_left();
  concluded_empty_ = true;
  told_empty_ = false;
  add_evidence(now, fmt::format("{}: empty (MEASURED)", plateau_.reason()));
  bounds_.nearly_empty(leeway_);
  if (missing) {
    learn_capacity(now, *missing);
  } else if (contradicted) {
    add_evidence(now, "more should have been left: what was believed of it is wrong");
  }
}

void Bucket::learn_capacity(const Moment& now, const ByteRange& missing) {
  const ByteRange exact{missing.lo, missing.hi + leeway_};
  const ByteRange repeatable = learned_here(exact.middle());
  const ByteRange kept{std::min(exact.lo, repeatable.lo), std::max(exact.hi, repeatable.hi)};
  if (basis_ == Basis::told && overlap(kept, terms_.capacity)) return;
  if (basis_ == Basis::told) {
    add_evidence(now, fmt::format("TOLD capacity {} is contradicted", amounts(terms_.capacity)));
  }
  bounds_.set_capacity(kept);
  basis_ = Basis::learned;
  add_evidence(now, fmt::format("{} above baseline since it was full: the capacity (MEASURED)",
                                amount(exact.middle())));
}

}  // namespace cgtally
