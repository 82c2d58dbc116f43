// SPDX-License-Identifier: Apache-2.0
// What a bucket is and says: ticks, pauses, states and times. What is concluded from the traffic is
// in bucket_evidence.cpp, the arithmetic in bucket_bounds.cpp.
#include "core/credits/bucket.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

constexpr double kBitsPerByte = 8;

double seconds_of(Nanoseconds span) { return std::chrono::duration<double>(span).count(); }

double bytes_of(Bytes bytes) { return static_cast<double>(bytes.value); }

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

// Enum order is told, learned, prior: what was told beats the others. Of two that were learned the
// saved one is this machine's own; two priors are both true.
struct Agreed {
  ByteRange capacity;
  Basis basis;
};
Agreed agree(const CreditTerms& terms, const SavedBucket& memory) {
  const ByteRange given = terms.capacity;
  const ByteRange saved = memory.capacity;
  if (terms.capacity_basis < memory.capacity_basis) return {given, terms.capacity_basis};
  if (memory.capacity_basis < terms.capacity_basis) return {saved, memory.capacity_basis};
  if (terms.capacity_basis == Basis::told) return {given, Basis::told};
  if (terms.capacity_basis == Basis::learned) return {saved, Basis::learned};
  const ByteRange both{std::max(given.lo, saved.lo), std::min(given.hi, saved.hi)};
  return {both.lo <= both.hi ? both : given, Basis::prior};
}

}  // namespace

std::string_view credit_state_name(CreditState state) {
  switch (state) {
    case CreditState::none:
      return "none";
    case CreditState::unknown:
      return "unknown";
    case CreditState::earning:
      return "earning";
    case CreditState::full:
      return "full";
    case CreditState::draining:
      return "draining";
    case CreditState::exhausted:
      break;
  }
  return "exhausted";
}

Bucket::Bucket(const CreditTerms& terms, BucketStart start, const Moment& now)
    : terms_(terms),
      basis_(terms.capacity_basis),
      bounds_(bounds_at(start, terms.capacity)),
      told_empty_(start == BucketStart::empty),
      rates_(baseline()),
      plateau_(baseline(), terms.baseline_tolerance),
      full_said_(start == BucketStart::full) {
  if (!terms.has_credits() || start == BucketStart::unknown) return;
  say(now, start == BucketStart::full ? "full (TOLD)" : "empty (TOLD)");
}

Bucket::Bucket(const CreditTerms& terms, const SavedBucket& memory, const Moment& now)
    : Bucket(terms, BucketStart::unknown, now) {
  const Agreed agreed = agree(terms, memory);
  ByteRange balance = memory.balance;
  ByteRange deficit = memory.deficit;
  basis_ = agreed.basis;
  bool fits = false;
  bounds_ = BucketBounds::restored(balance, deficit, agreed.capacity, &fits);
  if (!fits) say(now, "the saved balance contradicts the capacity and is dropped");
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
  const double spent = bytes_of(tick.charged);
  const bool sampled = rates_.add({.seconds = tick_s_,
                                   .bytes = spent,
                                   .packets = static_cast<double>(tick.packets.value),
                                   .exceeded = static_cast<double>(tick.exceeded.value_or(0)),
                                   .reads = tick.exceeded ? 1U : 0U,
                                   .gains = tick.exceeded.value_or(0) > 0 ? 1U : 0U});
  if (!terms_.has_credits()) return;
  const double beyond = bounds_.earn_and_spend(earned(tick_s_), spent);
  if (doubt_) doubt_->earn_and_spend(earned(tick_s_), spent);
  watch_drain(tick);
  watch_overspending(tick.now, beyond);
  watch_plateau(tick, sampled);
  watch_full(tick.now);
}

void Bucket::pause(const Moment& now, Nanoseconds gap, std::optional<Bytes> charged, Bytes unseen) {
  rates_.clear();
  plateau_.clear();
  concluded_ = false;
  drained_s_ = 0;
  const double seconds = seconds_of(gap);
  if (seconds <= 0 || !terms_.has_credits()) return;
  if (charged) {
    const double spent = bytes_of(*charged);
    const double beyond = bounds_.earn_and_spend(earned(seconds), spent);
    if (doubt_) doubt_->earn_and_spend(earned(seconds), spent);
    bounds_.earn_and_spend_up_to(earned(0), bytes_of(unseen));
    if (doubt_) doubt_->earn_and_spend_up_to(earned(0), bytes_of(unseen));
    watch_overspending(now, beyond);
  } else {
    const double most = static_cast<double>(terms_.burst.bits_per_second) / kBitsPerByte * seconds;
    bounds_.earn_and_spend_up_to(earned(seconds), most);
    if (doubt_) doubt_->earn_and_spend_up_to(earned(seconds), most);
    say(now, "unwatched for " + format_duration(gap) + ": anything up to the burst may have gone");
  }
  watch_full(now);
}

void Bucket::lose_track(const Moment& now, std::string reason) {
  bounds_.forget_balance();
  if (doubt_) doubt_->forget_balance();
  rates_.clear();
  plateau_.clear();
  concluded_ = told_empty_ = full_said_ = false;
  overspent_ = drained_s_ = 0;
  if (terms_.has_credits()) say(now, std::move(reason) + ": the balance is unknown");
}

bool Bucket::draining() const { return rates_.current() > earned(1).hi; }

CreditState Bucket::state() const {
  constexpr double kHardly = 0.01;
  if (!terms_.has_credits()) return CreditState::none;
  if (seems_empty()) return CreditState::exhausted;
  const ByteRange& balance = bounds_.balance();
  const ByteRange& capacity = bounds_.capacity();
  if (balance.lo <= kHardly * capacity.lo && balance.hi >= capacity.hi) return CreditState::unknown;
  if (draining()) return CreditState::draining;
  // Less is missing than a tick or a second can tell.
  if (bounds_.deficit().hi <= earned(std::max(1.0, tick_s_)).hi) return CreditState::full;
  return CreditState::earning;
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
  // Within a tick nobody sees when something happens.
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

SavedBucket Bucket::memory() const {
  return {
      .balance = balance(), .deficit = deficit(), .capacity = capacity(), .capacity_basis = basis_};
}

}  // namespace cgtally
