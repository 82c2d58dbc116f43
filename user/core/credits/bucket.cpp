// SPDX-License-Identifier: Apache-2.0
// Ticks, pauses, states and times of a bucket. bucket_inference.cpp draws the conclusions from the
// traffic; bounds.cpp does the arithmetic.
#include "core/credits/bucket.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/enum_names.h"
#include "core/base/quantity.h"

namespace cgtally {
namespace {

constexpr double kBitsPerByte = 8;

double seconds_of(Nanoseconds span) { return std::chrono::duration<double>(span).count(); }

double exact(Bytes bytes) { return static_cast<double>(bytes.value); }

BucketBounds bounds_at(BucketStart start, const ByteRange& capacity) {
  switch (start) {
    case BucketStart::full:
      return BucketBounds::full(capacity);
    case BucketStart::empty:
      return BucketBounds::empty(capacity);
    case BucketStart::unknown:
      break;
  }
  return BucketBounds::unknown(capacity);
}

struct KnownCapacity {
  ByteRange range;
  Basis basis;
};

// The capacity to go on with. The order of Basis is told, learned, prior: the smaller one wins. Of
// two learned ones the saved one was measured on this machine; two priors are both true.
KnownCapacity better_known(const CreditTerms& terms, const SavedBucket& saved) {
  const KnownCapacity by_terms{terms.capacity, terms.capacity_basis};
  const KnownCapacity by_state{saved.capacity, saved.capacity_basis};
  if (by_terms.basis < by_state.basis) return by_terms;
  if (by_state.basis < by_terms.basis) return by_state;
  if (by_terms.basis == Basis::told) return by_terms;
  if (by_terms.basis == Basis::learned) return by_state;
  const ByteRange both{std::max(by_terms.range.lo, by_state.range.lo),
                       std::min(by_terms.range.hi, by_state.range.hi)};
  return {both.lo <= both.hi ? both : by_terms.range, Basis::prior};
}

constexpr EnumNames<CreditState::exhausted> kStateNames{"none", "unknown",  "earning",
                                                        "full", "draining", "exhausted"};

}  // namespace

std::string_view credit_state_name(CreditState state) { return kStateNames[state]; }

Bucket::Bucket(const CreditTerms& terms, BucketStart start, const Moment& now)
    : terms_(terms),
      basis_(terms.capacity_basis),
      bounds_(bounds_at(start, terms.capacity)),
      told_empty_(start == BucketStart::empty),
      rates_(baseline()),
      plateau_(baseline(), terms.baseline_tolerance),
      full_reported_(start == BucketStart::full) {
  if (!terms.has_credits() || start == BucketStart::unknown) return;
  add_evidence(now, start == BucketStart::full ? "full (TOLD)" : "empty (TOLD)");
}

Bucket::Bucket(const CreditTerms& terms, const SavedBucket& saved, const Moment& now)
    : Bucket(terms, BucketStart::unknown, now) {
  const KnownCapacity capacity = better_known(terms, saved);
  basis_ = capacity.basis;
  const auto restored = BucketBounds::restored(saved.balance, saved.deficit, capacity.range);
  bounds_ = restored.value_or(BucketBounds::unknown(capacity.range));
  if (!restored) add_evidence(now, "the saved balance contradicts the capacity and is dropped");
}

double Bucket::baseline() const {
  return static_cast<double>(terms_.baseline.bits_per_second) / kBitsPerByte;
}

ByteRange Bucket::earned(double seconds) const {
  const double given = baseline() * seconds;
  return {given * (1 - terms_.baseline_tolerance), given * (1 + terms_.baseline_tolerance)};
}

void Bucket::advance(const BucketTick& tick) {
  tick_s_ = seconds_of(tick.elapsed);
  if (tick_s_ <= 0) return;
  const double spent = exact(tick.charged);
  const bool sampled = rates_.add({.seconds = tick_s_,
                                   .bytes = spent,
                                   .packets = static_cast<double>(tick.packets.value),
                                   .exceeded = static_cast<double>(tick.exceeded.value_or(0)),
                                   .reads = tick.exceeded ? 1U : 0U,
                                   .gains = tick.exceeded.value_or(0) > 0 ? 1U : 0U});
  if (!terms_.has_credits()) return;
  const double beyond = bounds_.earn_and_spend(earned(tick_s_), spent);
  if (fallback_) fallback_->earn_and_spend(earned(tick_s_), spent);
  check_drain(tick);
  check_overspending(tick.now, beyond);
  check_plateau(tick, sampled);
  check_full(tick.now);
}

void Bucket::pause(const Moment& now, Nanoseconds gap, std::optional<Bytes> charged, Bytes unseen) {
  rates_.clear();
  plateau_.interrupt();
  concluded_empty_ = doubted_ = false;
  drained_s_ = 0;
  const double seconds = seconds_of(gap);
  if (seconds <= 0 || !terms_.has_credits()) return;
  if (charged) {
    const double spent = exact(*charged);
    const double beyond = bounds_.earn_and_spend(earned(seconds), spent);
    if (fallback_) fallback_->earn_and_spend(earned(seconds), spent);
    bounds_.earn_and_spend_up_to(earned(0), exact(unseen));
    if (fallback_) fallback_->earn_and_spend_up_to(earned(0), exact(unseen));
    check_overspending(now, beyond);
  } else {
    const double most = static_cast<double>(terms_.burst.bits_per_second) / kBitsPerByte * seconds;
    bounds_.earn_and_spend_up_to(earned(seconds), most);
    if (fallback_) fallback_->earn_and_spend_up_to(earned(seconds), most);
    add_evidence(now, fmt::format("unwatched for {}: anything up to the burst may have gone",
                                  format_duration(gap)));
  }
  check_full(now);
}

void Bucket::lose_track(const Moment& now, std::string_view reason) {
  bounds_.forget_balance();
  if (fallback_) fallback_->forget_balance();
  rates_.clear();
  plateau_.clear();
  concluded_empty_ = doubted_ = told_empty_ = full_reported_ = false;
  overspent_ = drained_s_ = 0;
  if (terms_.has_credits()) add_evidence(now, fmt::format("{}: the balance is unknown", reason));
}

bool Bucket::draining() const { return rates_.current() > earned(1).hi; }

CreditState Bucket::state() const {
  constexpr double kHardly = 0.01;
  if (!terms_.has_credits()) return CreditState::none;
  if (seems_empty()) return CreditState::exhausted;
  if (perhaps_empty()) return CreditState::unknown;
  const ByteRange& balance = bounds_.balance();
  const ByteRange& capacity = bounds_.capacity();
  if (balance.lo <= kHardly * capacity.lo && balance.hi >= capacity.hi) return CreditState::unknown;
  if (draining()) return CreditState::draining;
  // Less is missing than is earned in a tick, or in a second if ticks are shorter: too little to
  // tell.
  if (bounds_.deficit().hi <= earned(std::max(1.0, tick_s_)).hi) return CreditState::full;
  return CreditState::earning;
}

double Bucket::plateau_seconds() const {
  return plateau_.found() == Plateau::none ? 0 : plateau_.seconds();
}

BitRate Bucket::rate() const {
  constexpr double kMost = 9.2e18;  // below 2^63
  const double bits = std::min(kMost, rates_.mean() * kBitsPerByte);
  return {static_cast<std::uint64_t>(std::llround(bits))};
}

std::optional<TimeToEmpty> Bucket::time_to_empty() const {
  const CreditState now = state();
  if (now == CreditState::none || now == CreditState::exhausted || !draining()) return std::nullopt;
  const ByteRange rate = rates_.spread();
  const ByteRange gain = earned(1);
  if (rate.hi <= gain.lo) return std::nullopt;
  // A tick's traffic may have come at any moment within the tick.
  TimeToEmpty time{.lo_s = std::max(0.0, bounds_.balance().lo / (rate.hi - gain.lo) - tick_s_),
                   .hi_s = std::nullopt};
  if (rate.lo > gain.hi && bounds_.balance().bounded()) {
    time.hi_s = bounds_.balance().hi / (rate.lo - gain.hi) + tick_s_;
  }
  return time;
}

std::optional<Nanoseconds> Bucket::known_after_rest() const {
  constexpr double kMostSeconds = 9e9;  // below 2^63 ns
  const double gain = earned(1).lo;
  if (!terms_.has_credits() || !bounds_.deficit().bounded() || gain <= 0) return std::nullopt;
  const double seconds = bounds_.deficit().hi / gain;
  if (seconds > kMostSeconds) return std::nullopt;
  return std::chrono::ceil<Nanoseconds>(std::chrono::duration<double>(seconds));
}

SavedBucket Bucket::saved_state() const {
  return {
      .balance = balance(), .deficit = deficit(), .capacity = capacity(), .capacity_basis = basis_};
}

}  // namespace cgtally
