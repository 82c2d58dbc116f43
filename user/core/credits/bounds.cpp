// SPDX-License-Identifier: Apache-2.0
// A tick's order matters only at the top: what is earned while the bucket is full is lost. So the
// balance is least if all was earned first and largest if all was spent first. At the bottom
// nothing is lost: an empty bucket lets pass what it earns.
#include "core/credits/bounds.h"

#include <algorithm>
#include <cmath>

namespace cgtally {
namespace {

// Bounds that cross by less are the rounding of sums over weeks, not a contradiction.
double rounding(double scale) { return std::max(1.0, 1e-7 * scale); }

// False: they cross by more than rounding. A crossing by less is closed.
bool close_up(ByteRange& range, double scale) {
  if (range.lo <= range.hi) return true;
  if (range.lo - range.hi > rounding(scale)) return false;
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

BucketBounds BucketBounds::restored(const ByteRange& balance, const ByteRange& deficit,
                                    const ByteRange& capacity, bool* fits) {
  BucketBounds bounds{balance, deficit, capacity};
  *fits = bounds.settle();
  if (!*fits) bounds = unknown(capacity);
  bounds.uncapped_lo_ = bounds.balance_.lo;
  return bounds;
}

// Each of the three is bounded by the other two. False: they exclude one another.
bool BucketBounds::settle() {
  const double scale = capacity_.bounded() ? capacity_.hi : capacity_.lo + deficit_.lo;
  for (int round = 0; round < 2; ++round) {
    balance_.lo = std::max({0.0, balance_.lo, capacity_.lo - deficit_.hi});
    balance_.hi = std::min(balance_.hi, capacity_.hi - deficit_.lo);
    deficit_.lo = std::max({0.0, deficit_.lo, capacity_.lo - balance_.hi});
    deficit_.hi = std::min(deficit_.hi, capacity_.hi - balance_.lo);
    capacity_.lo = std::max(capacity_.lo, balance_.lo + deficit_.lo);
    capacity_.hi = std::min(capacity_.hi, balance_.hi + deficit_.hi);
    if (!close_up(balance_, scale) || !close_up(deficit_, scale) || !close_up(capacity_, scale)) {
      return false;
    }
  }
  return true;
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
  if (!settle()) nearly_empty(balance_.hi);
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
  settle();
}

bool BucketBounds::nearly_empty(double at_most) {
  const bool contradicted = balance_.lo > at_most + rounding(capacity_.lo);
  const BucketBounds before = *this;
  balance_ = {std::min(balance_.lo, at_most), std::min(balance_.hi, at_most)};
  bool fits = !contradicted && settle();
  if (!fits) {
    *this = before;
    balance_ = {0, at_most};
    deficit_ = {std::max(0.0, capacity_.lo - at_most), capacity_.hi};
  }
  uncapped_lo_ = 0;
  drawdown_ = {0, 0};
  return !fits;
}

void BucketBounds::set_capacity(const ByteRange& capacity) {
  const BucketBounds before = *this;
  capacity_ = capacity;
  balance_.hi = std::min(balance_.hi, capacity.hi);
  balance_.lo = std::min(balance_.lo, balance_.hi);
  // What is missing follows from what is left: widened as far as the capacity is wide.
  deficit_ = {std::max(0.0, capacity.lo - balance_.hi), capacity.hi - balance_.lo};
  if (!settle()) *this = unknown(capacity);
  uncapped_lo_ = before.uncapped_lo_;
  drawdown_ = before.drawdown_;
}

void BucketBounds::open_above(double beyond) {
  // Was it known how much is missing, then it still is, now that no capacity cuts it off.
  constexpr double kTight = 0.01;
  const bool tight = deficit_.width() <= kTight * deficit_.hi;
  const double least = std::max(capacity_.lo, deficit_.lo + beyond);
  deficit_ = {deficit_.lo + beyond, tight ? deficit_.hi + beyond : ByteRange::kUnbounded};
  capacity_ = {least, ByteRange::kUnbounded};
  balance_ = {0, ByteRange::kUnbounded};
}

void BucketBounds::forget_balance() { *this = unknown(capacity_); }

}  // namespace cgtally
