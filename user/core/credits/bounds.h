// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a token bucket of which only bounds are known. Three ranges with
//   balance (bytes above empty) + deficit (bytes below full) = capacity
// are carried along side by side, so that evidence about one narrows the other two. Every operation
// is sound: a value that was inside its range stays inside. bucket_inference.cpp decides what
// counts as evidence; nothing here does.
#pragma once

#include <optional>

#include "core/base/byte_range.h"

namespace cgtally {

// Between which shares of its capacity (0 to 1) a bucket is filled.
struct ShareRange {
  double lo = 0;
  double hi = 1;
  bool operator==(const ShareRange&) const = default;
};

// The bounds of one bucket. Bucket owns one, and a second one while a conclusion is unconfirmed. It
// knows no time, no rate and no reason.
class BucketBounds {
 public:
  [[nodiscard]] static BucketBounds unknown(const ByteRange& capacity);
  [[nodiscard]] static BucketBounds full(const ByteRange& capacity);
  [[nodiscard]] static BucketBounds empty(const ByteRange& capacity);
  // Bounds that were saved; std::nullopt if no bucket fits all three.
  [[nodiscard]] static std::optional<BucketBounds> restored(const ByteRange& balance,
                                                            const ByteRange& deficit,
                                                            const ByteRange& capacity);

  // One tick. Returns the bytes spent beyond the most that could have been there; 0 if it all fits.
  double earn_and_spend(const ByteRange& earned, double spent);
  // A tick in which anything from 0 to `most` bytes was spent.
  void earn_and_spend_up_to(const ByteRange& earned, double most);

  // Evidence: at most `at_most` bytes are left. Bounds that contradict it give way; returns whether
  // any did.
  bool nearly_empty(double at_most);
  // Nothing may be left, and the capacity no more than what is missing.
  void allow_empty();
  // Replaces the capacity; keeps as much of the balance as fits.
  void set_capacity(const ByteRange& capacity);
  // The bucket holds at least `beyond` bytes more than believed, and no upper bound is known.
  void open_above(double beyond);
  void forget_balance();

  // The bytes missing from a bucket that was full when it was last known to be empty (or when the
  // watch began).
  [[nodiscard]] const ByteRange& drawdown() const { return drawdown_; }
  // True if the bucket must have been full since then: it was left more to earn than it gave back.
  [[nodiscard]] bool overflowed(double margin) const { return uncapped_lo_ > margin; }

  [[nodiscard]] const ByteRange& balance() const { return balance_; }
  [[nodiscard]] const ByteRange& deficit() const { return deficit_; }
  [[nodiscard]] const ByteRange& capacity() const { return capacity_; }
  // Often tighter than balance / capacity, since a bucket that is larger has more left, too: of a
  // full one whose capacity is not known the share is 1, and after `spent` bytes it is
  // 1 - spent / capacity.
  [[nodiscard]] ShareRange share() const;

 private:
  BucketBounds(const ByteRange& balance, const ByteRange& deficit, const ByteRange& capacity);
  bool reconcile();

  ByteRange balance_;
  ByteRange deficit_;
  ByteRange capacity_;
  double uncapped_lo_ = 0;  // the least balance of a bucket that never fills up
  ByteRange drawdown_{0, 0};
};

}  // namespace cgtally
