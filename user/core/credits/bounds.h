// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a token bucket of which only bounds are known: balance, deficit and capacity as
// intervals, balance + deficit = capacity. Sound: what was inside stays inside, whatever the order
// in which a tick earned and spent. Nothing here knows what is evidence; that is bucket.cpp.
#pragma once

#include "core/base/byte_range.h"

namespace cgtally {

class BucketBounds {
 public:
  [[nodiscard]] static BucketBounds unknown(const ByteRange& capacity);
  [[nodiscard]] static BucketBounds full(const ByteRange& capacity);
  [[nodiscard]] static BucketBounds empty(const ByteRange& capacity);
  // As they were saved. Where they exclude one another the capacity holds and the rest is unknown:
  // `fits` says which.
  [[nodiscard]] static BucketBounds restored(const ByteRange& balance, const ByteRange& deficit,
                                             const ByteRange& capacity, bool* fits);

  // Returns what was spent beyond what could have been there, 0 if nothing was.
  double earn_and_spend(const ByteRange& earned, double spent);
  // Anything up to `most` may have been spent.
  void earn_and_spend_up_to(const ByteRange& earned, double most);

  // At most so much is left. Whatever contradicts it yields: the result says whether something did.
  bool nearly_empty(double at_most);
  // Replaces what was believed of the capacity; the balance stays as far as it can.
  void set_capacity(const ByteRange& capacity);
  // It holds more than was thought, nobody knows how much more.
  void open_above(double beyond);
  void forget_balance();

  // What is missing if it was full since it was last known to be empty (or since it is watched),
  // and whether it must have been: it was left more to rest than it then gave.
  [[nodiscard]] const ByteRange& drawdown() const { return drawdown_; }
  [[nodiscard]] bool overflowed(double margin) const { return uncapped_lo_ > margin; }

  [[nodiscard]] const ByteRange& balance() const { return balance_; }
  [[nodiscard]] const ByteRange& deficit() const { return deficit_; }
  [[nodiscard]] const ByteRange& capacity() const { return capacity_; }

 private:
  BucketBounds(const ByteRange& balance, const ByteRange& deficit, const ByteRange& capacity);
  bool settle();

  ByteRange balance_;
  ByteRange deficit_;
  ByteRange capacity_;
  double uncapped_lo_ = 0;  // the least balance of a bucket that never fills up
  ByteRange drawdown_{0, 0};
};

}  // namespace cgtally
