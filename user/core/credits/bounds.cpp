// SPDX-License-Identifier: Apache-2.0
// The order of earning and spending within a tick is unknown, and matters only at the top: what a
// full bucket earns is lost. For a tick that earned E and spent S, with [lo, hi] of each range:
//   all earned first, then spent:  balance.lo = max(0, min(capacity.lo, balance.lo + E.lo) - S)
//   all spent first, then earned:  balance.hi = balance.hi + E.hi - S, within 0..capacity.hi
// and the same for the deficit with the signs exchanged. At the bottom nothing is lost: an empty
// bucket lets pass what it earns.
#include "core/credits/bounds.h"

#include <algorithm>
#include <cmath>

namespace cgtally {
namespace {

// Bounds that cross by less than this are the rounding of sums over weeks, not a contradiction.
double rounding_of(double scale) { return std::max(1.0, 1e-7 * scale); }

// Makes lo and hi meet where they cross by no more than rounding; false if they cross by more.
bool close_crossing(ByteRange& range, double scale) {
  if (range.lo <= range.hi) return true;
  if (range.lo - range.hi > rounding_of(scale)) return false;
  range.lo = range.hi = (range.lo + range.hi) / 2;
  return true;
}

}  // namespace

BucketBounds::BucketBounds(const ByteRange& balance, const ByteRange& deficit,
                           const ByteRange& capacity)
    : balance_(balance), deficit_(deficit), capacity_(capacity), uncapped_lo_(balance.lo) {}

BucketBounds BucketBounds::unknown(const ByteRange& capacity) {
  return {ByteRange{0, capacity.hi}, ByteRange{0, capacity.hi}, capacity};
}

BucketBounds BucketBounds::full(const ByteRange& capacity) {
  return {capacity, ByteRange{0, 0}, capacity};
}

BucketBounds BucketBounds::empty(const ByteRange& capacity) {
  return {ByteRange{0, 0}, capacity, capacity};
}

std::optional<BucketBounds> BucketBounds::restored(const ByteRange& balance,
                                                   const ByteRange& deficit,
                                                   const ByteRange& capacity) {
  BucketBounds bounds{balance, deficit, capacity};
  if (!bounds.reconcile()) return std::nullopt;
  bounds.uncapped_lo_ = bounds.balance_.lo;
  return bounds;
}

// Narrows each range by the other two (balance + deficit = capacity), twice, since a range that
// narrowed may narrow the others again. False if they contradict one another.
bool BucketBounds::reconcile() {
  const double scale = capacity_.bounded() ? capacity_.hi : capacity_.lo + deficit_.lo;
  for (int pass = 0; pass < 2; ++pass) {
    balance_.lo = std::max({0.0, balance_.lo, capacity_.lo - deficit_.hi});
    balance_.hi = std::min(balance_.hi, capacity_.hi - deficit_.lo);
    deficit_.lo = std::max({0.0, deficit_.lo, capacity_.lo - balance_.hi});
    deficit_.hi = std::min(deficit_.hi, capacity_.hi - balance_.lo);
    capacity_.lo = std::max(capacity_.lo, balance_.lo + deficit_.lo);
    capacity_.hi = std::min(capacity_.hi, balance_.hi + deficit_.hi);
    if (!close_crossing(balance_, scale) || !close_crossing(deficit_, scale) ||
        !close_crossing(capacity_, scale)) {
      return false;
    }
  }
  return true;
}

// The share is balance / (balance + deficit). It grows with the balance and falls with the deficit,
// and the ranges have been narrowed by one another, so its bounds lie at two corners of them; only
// the sum of the lowest balance and the highest deficit may exceed the capacity.
ShareRange BucketBounds::share() const {
  ShareRange share;
  const double most = std::min(balance_.lo + deficit_.hi, capacity_.hi);
  if (deficit_.hi <= 0) {
    share.lo = 1;
  } else if (most > 0 && most != ByteRange::kUnbounded) {
    share.lo = balance_.lo / most;
  }
  const bool missing = balance_.bounded() && deficit_.lo > 0;
  if (missing) share.hi = balance_.hi / (balance_.hi + deficit_.lo);
  return {std::min(share.lo, share.hi), share.hi};
}

double BucketBounds::earn_and_spend(const ByteRange& earned, double spent) {
  const double highest = balance_.hi + earned.hi - spent;
  balance_ = {std::max(0.0, std::min(capacity_.lo, balance_.lo + earned.lo) - spent),
              std::clamp(highest, 0.0, capacity_.hi)};
  deficit_ = {std::clamp(deficit_.lo + spent - earned.hi, 0.0, capacity_.hi),
              std::min(capacity_.hi, std::max(0.0, deficit_.hi - earned.lo) + spent)};
  uncapped_lo_ = std::max(0.0, uncapped_lo_ + earned.lo - spent);
  drawdown_ = {std::max(0.0, drawdown_.lo + spent - earned.hi),
               std::max(0.0, drawdown_.hi - earned.lo) + spent};
  balance_.lo = std::min(balance_.lo, balance_.hi);
  if (!reconcile()) nearly_empty(balance_.hi);
  return std::max(0.0, -highest);
}

void BucketBounds::earn_and_spend_up_to(const ByteRange& earned, double most) {
  balance_ = {std::max(0.0, std::min(capacity_.lo, balance_.lo + earned.lo) - most),
              std::min(capacity_.hi, balance_.hi + earned.hi)};
  deficit_ = {std::max(0.0, deficit_.lo - earned.hi),
              std::min(capacity_.hi, std::max(0.0, deficit_.hi - earned.lo) + most)};
  uncapped_lo_ = std::max(0.0, uncapped_lo_ + earned.lo - most);
  drawdown_ = {std::max(0.0, drawdown_.lo - earned.hi),
               std::max(0.0, drawdown_.hi - earned.lo) + most};
  reconcile();
}

bool BucketBounds::nearly_empty(double at_most) {
  const bool contradicted = balance_.lo > at_most + rounding_of(capacity_.lo);
  const BucketBounds before = *this;
  balance_ = {std::min(balance_.lo, at_most), std::min(balance_.hi, at_most)};
  bool fits = !contradicted && reconcile();
  if (!fits) {
    *this = before;
    balance_ = {0, at_most};
    deficit_ = {std::max(0.0, capacity_.lo - at_most), capacity_.hi};
  }
  uncapped_lo_ = 0;
  drawdown_ = {0, 0};
  return !fits;
}

void BucketBounds::allow_empty() {
  balance_.lo = 0;
  capacity_.lo = std::min(capacity_.lo, deficit_.lo);
  uncapped_lo_ = 0;
}

void BucketBounds::set_capacity(const ByteRange& capacity) {
  const BucketBounds before = *this;
  capacity_ = capacity;
  balance_.hi = std::min(balance_.hi, capacity.hi);
  balance_.lo = std::min(balance_.lo, balance_.hi);
  // The deficit follows from the balance, and is as uncertain as both the balance and the capacity.
  deficit_ = {std::max(0.0, capacity.lo - balance_.hi), capacity.hi - balance_.lo};
  if (!reconcile()) *this = unknown(capacity);
  uncapped_lo_ = before.uncapped_lo_;
  drawdown_ = before.drawdown_;
}

void BucketBounds::open_above(double beyond) {
  // A deficit that was known stays known: it grows by what was spent, and no capacity cuts it off.
  constexpr double kTight = 0.01;
  const bool tight = deficit_.width() <= kTight * deficit_.hi;
  const double least = std::max(capacity_.lo, deficit_.lo + beyond);
  deficit_ = {deficit_.lo + beyond, tight ? deficit_.hi + beyond : ByteRange::kUnbounded};
  capacity_ = {least, ByteRange::kUnbounded};
  balance_ = {0, ByteRange::kUnbounded};
}

void BucketBounds::forget_balance() { *this = unknown(capacity_); }

}  // namespace cgtally
