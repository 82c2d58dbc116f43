// SPDX-License-Identifier: Apache-2.0
// What a bucket concludes from traffic. Three things are evidence: a plateau at the baseline (it is
// empty, and what was spent since it was full is its capacity), spending beyond what it could hold
// (something that was believed is wrong), and rest (nothing can be missing). Each leaves a
// sentence.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "core/base/quantity.h"
#include "core/credits/bucket.h"

namespace cgtally {
namespace {

constexpr double kOverspending = 1.1;  // baselines
constexpr double kOverspendingSeconds = 2;
// A queue in front of the limiter is charged before it is let through; as much is no contradiction.
constexpr double kQueuedSeconds = 2;    // of baseline
constexpr double kMeasured = 0.10;      // an interval this narrow is a measurement
constexpr double kExactness = 0.03;     // as exact as real buckets repeat
constexpr double kInsistSeconds = 20;   // of plateau, against what was told or measured
constexpr double kHardlySeconds = 0.5;  // of baseline: as good as empty

std::string amount(double bytes) {
  constexpr double kMost = 1.8e19;
  return format_bytes({static_cast<std::uint64_t>(std::clamp(bytes, 0.0, kMost))});
}

std::string amounts(const ByteRange& range) {
  if (!range.bounded()) return "at least " + amount(range.lo);
  if (range.width() <= kMeasured * range.hi) return amount(range.middle());
  return amount(range.lo) + ".." + amount(range.hi);
}

bool overlap(const ByteRange& a, const ByteRange& b) { return a.lo <= b.hi && b.lo <= a.hi; }

}  // namespace

void Bucket::say(const Moment& now, std::string sentence) {
  evidence_.push_back({now, std::move(sentence)});
  if (evidence_.size() > kMostEvidence) evidence_.pop_front();
}

void Bucket::watch_drain(const BucketTick& tick) {
  if (rates_.current() <= kOverspending * earned(1).hi) {
    drained_s_ = 0;
    return;
  }
  const bool was = drained_s_ >= kOverspendingSeconds;
  drained_s_ += tick_s_;
  if (was || drained_s_ < kOverspendingSeconds || bounds_.balance().lo > 0) return;
  // Of a row of such sentences the newest is enough.
  constexpr std::string_view kEnding = ": it was not empty";
  if (!evidence_.empty() && evidence_.back().sentence.ends_with(kEnding)) evidence_.pop_back();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f x baseline for %.0f s",
                rates_.current() / std::max(1.0, baseline()), drained_s_);
  say(tick.now, text.data() + std::string(kEnding));
}

void Bucket::watch_full(const Moment& now) {
  const bool full = bounds_.deficit().hi <= earned(std::max(1.0, tick_s_)).hi;
  if (full && !full_said_) say(now, "rested until nothing can be missing: full");
  // Said anew only after it was clearly not full.
  full_said_ = full || (full_said_ && bounds_.deficit().lo <= kMeasured * bounds_.capacity().lo);
}

// Nothing can be spent that was not there: if more was, then it was not empty, or holds more.
void Bucket::watch_overspending(const Moment& now, double beyond) {
  const bool above = drained_s_ > 0 || rates_.samples().empty();  // empty: after a pause
  overspent_ = beyond > 0 && above ? overspent_ + beyond : (above ? overspent_ : 0);
  if (overspent_ <= kQueuedSeconds * baseline()) return;
  const std::string more = amount(overspent_) + " more was spent than could be left: ";
  const bool doubt_holds = doubt_ && doubt_->balance().hi > kHardlySeconds * baseline();
  if (doubt_holds) {
    bounds_ = *doubt_;
    basis_ = doubt_basis_;
    say(now, more + "it had not been empty, and what followed from that is withdrawn");
  } else if (told_empty_) {
    bounds_.forget_balance();
    say(now, more + "it was not empty, as was TOLD");
  } else {
    const std::string was = std::string(basis_name(basis_));
    bounds_.open_above(overspent_);
    basis_ = Basis::prior;
    say(now, more + "the capacity (" + was + ") was too small, it is raised to " +
                 amounts(bounds_.capacity()));
  }
  doubt_.reset();
  told_empty_ = false;
  overspent_ = 0;
}

// What may be left at the end of a tick although it was empty in it, and what was saved up since.
void Bucket::watch_plateau(const BucketTick& tick, bool sampled) {
  const double gain = earned(tick_s_).hi;
  leeway_ = std::max(0.0, leeway_ + gain - static_cast<double>(tick.charged.value));
  if (plateau_.beginning()) leeway_ = std::max(leeway_, gain);
  if (!sampled) return;
  plateau_.look(rates_, tick.has_counter);
  if (plateau_.beginning()) leeway_ = 0;
  if (plateau_.found() == Plateau::none) concluded_ = false;
  if (plateau_.found() != Plateau::proven || concluded_) return;
  if (contradicted_by_empty() && plateau_.seconds() < kInsistSeconds) return;
  conclude_empty(tick.now);
}

// More must be left than an inexact capacity explains.
bool Bucket::contradicted_by_empty() const {
  return basis_ != Basis::prior &&
         bounds_.balance().lo > leeway_ + kExactness * bounds_.capacity().lo;
}

bool Bucket::seems_empty() const {
  const bool nothing_left = bounds_.balance().hi <= kHardlySeconds * baseline();
  if (concluded_ || (nothing_left && drained_s_ <= 0)) return true;
  return plateau_.found() != Plateau::none && !contradicted_by_empty();
}

// What is missing, if that is known well enough to be the capacity now that nothing is left.
std::optional<ByteRange> Bucket::measured() const {
  const auto tight = [](const ByteRange& range) {
    return range.lo > 0 && range.bounded() && range.width() <= kMeasured * range.hi;
  };
  if (tight(bounds_.deficit()) && bounds_.capacity().width() > 0) return bounds_.deficit();
  const double margin = leeway_ + kExactness * bounds_.drawdown().hi;
  if (bounds_.overflowed(margin) && tight(bounds_.drawdown())) return bounds_.drawdown();
  if (tight(bounds_.deficit()) && contradicted_by_empty()) return bounds_.deficit();
  return std::nullopt;
}

void Bucket::conclude_empty(const Moment& now) {
  const std::optional<ByteRange> missing = measured();
  const bool predicted = bounds_.balance().hi <= kMeasured * bounds_.capacity().hi;
  if (predicted) {
    doubt_.reset();
  } else if (!doubt_) {
    doubt_ = bounds_;
    doubt_basis_ = basis_;
  }
  const bool contradicted = contradicted_by_empty();
  concluded_ = true;
  told_empty_ = false;
  say(now, plateau_.reason() + ": empty (MEASURED)");
  bounds_.nearly_empty(leeway_);
  if (missing) {
    learn(now, *missing);
  } else if (contradicted) {
    say(now, "more should have been left: what was believed of it is wrong");
  }
}

void Bucket::learn(const Moment& now, const ByteRange& missing) {
  const ByteRange exact{missing.lo, missing.hi + leeway_};
  const ByteRange repeatable = learned_here(exact.middle());
  const ByteRange kept{std::min(exact.lo, repeatable.lo), std::max(exact.hi, repeatable.hi)};
  if (basis_ == Basis::told && overlap(kept, terms_.capacity)) return;
  if (basis_ == Basis::told) {
    say(now, "TOLD capacity " + amounts(terms_.capacity) + " is contradicted");
  }
  bounds_.set_capacity(kept);
  basis_ = Basis::learned;
  say(now, amount(exact.middle()) + " above baseline since it was full: the capacity (MEASURED)");
}

}  // namespace cgtally
