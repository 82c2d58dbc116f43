// SPDX-License-Identifier: Apache-2.0
// The credits of an instance: one bucket for each direction, fed by the same intervals, with the
// names of those who spend. It charges whatever it is given: which interfaces that is, the caller
// decides.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/credits/report.h"
#include "core/credits/saved_state.h"

namespace cgtally {

// What a direction's allowance counter says of an interval.
struct CounterGain {
  bool there = false;                     // whether any uplink has it
  std::optional<std::uint64_t> gained{};  // none: it was not read in this interval
};

// What one measured interval charged, over all of the instance's uplinks.
struct CreditInterval {
  Moment now;
  Nanoseconds elapsed{};
  Traffic charged;
  CounterGain tx{};
  CounterGain rx{};

  [[nodiscard]] const CounterGain& counter(Direction way) const {
    return way == Direction::tx ? tx : rx;
  }
};

// The terms, with the capacity that was learned earlier where none was told.
[[nodiscard]] CreditTerms with_learned(const CreditTerms& terms, const SavedBucket& memory,
                                       bool same_instance);

class Credits {
 public:
  Credits(const CreditTerms& tx, const CreditTerms& rx, BucketStart start, const Moment& now);
  // As remembered; what has happened since is told by the resumption.
  Credits(const CreditTerms& terms, const SavedCredits& memory, const Resumption& since,
          const Moment& now);

  void advance(const CreditInterval& interval);
  // Who moved what in that interval.
  void name(const std::vector<Sample>& samples, const Moment& now);
  // Nobody counted for so long, or only a sum is known.
  void pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged);
  void lose_track(const Moment& now, const std::string& reason);

  [[nodiscard]] std::array<DirectionCredit, 2> ways(std::size_t most_named) const;  // tx, rx
  [[nodiscard]] const Bucket& bucket(Direction way) const {
    return way == Direction::tx ? tx_ : rx_;
  }
  [[nodiscard]] SavedCredits memory(CreditIdentity place) const;

 private:
  [[nodiscard]] DirectionCredit way(Direction way, std::size_t most_named) const;

  Bucket tx_;
  Bucket rx_;
  CreditInterval last_;
  TopAccounts drainers_;
};

}  // namespace cgtally
