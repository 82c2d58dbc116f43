// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a token bucket of which only bounds are known: balance, deficit and capacity as
// intervals, balance + deficit = capacity. Sound: what was inside stays inside, whatever the order
// in which a tick earned and spent. Nothing here knows what is evidence; that is bucket.cpp.
#pragma once

#include <limits>

#include "core/instance/credit_terms.h"

namespace cgtally {

struct Span {
  static constexpr double kNoEnd = std::numeric_limits<double>::infinity();
  double lo = 0;
  double hi = kNoEnd;

  [[nodiscard]] bool bounded() const { return hi != kNoEnd; }
  [[nodiscard]] double width() const { return hi - lo; }
  [[nodiscard]] double middle() const { return lo + width() / 2; }
};
[[nodiscard]] Span to_span(const ByteRange& range);
[[nodiscard]] ByteRange to_range(const Span& span);

class BucketBounds {
 public:
  [[nodiscard]] static BucketBounds unknown(const Span& capacity);
  [[nodiscard]] static BucketBounds full(const Span& capacity);
  [[nodiscard]] static BucketBounds empty(const Span& capacity);
  // As they were saved. Where they exclude one another the capacity holds and the rest is unknown:
  // `fits` says which.
  [[nodiscard]] static BucketBounds restored(const Span& balance, const Span& deficit,
                                             const Span& capacity, bool* fits);

  // Returns what was spent beyond what could have been there, 0 if nothing was.
  double earn_and_spend(const Span& earned, double spent);
  // Anything up to `most` may have been spent.
  void earn_and_spend_up_to(const Span& earned, double most);

  // At most so much is left. Whatever contradicts it yields: the result says whether something did.
  bool nearly_empty(double at_most);
  // Replaces what was believed of the capacity; the balance stays as far as it can.
  void set_capacity(const Span& capacity);
  // It holds more than was thought, nobody knows how much more.
  void open_above(double beyond);
  void forget_balance();

  // What is missing if it was full since it was last known to be empty (or since it is watched),
  // and whether it must have been: it was left more to rest than it then gave.
  [[nodiscard]] const Span& drawdown() const { return drawdown_; }
  [[nodiscard]] bool overflowed(double margin) const { return uncapped_lo_ > margin; }

  [[nodiscard]] const Span& balance() const { return balance_; }
  [[nodiscard]] const Span& deficit() const { return deficit_; }
  [[nodiscard]] const Span& capacity() const { return capacity_; }

 private:
  BucketBounds(const Span& balance, const Span& deficit, const Span& capacity);
  bool settle();

  Span balance_;
  Span deficit_;
  Span capacity_;
  double uncapped_lo_ = 0;  // the least balance of a bucket that never fills up
  Span drawdown_{0, 0};
};

}  // namespace cgtally
