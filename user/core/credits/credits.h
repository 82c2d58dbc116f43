// SPDX-License-Identifier: Apache-2.0
// The network credits of an instance: EC2 keeps one bucket for each direction, and both are fed by
// the same intervals. Source: "Amazon EC2 instance network bandwidth", EC2 User Guide.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/credits/report.h"
#include "core/credits/saved_state.h"
#include "core/traffic/direction.h"

namespace cgtally {

// The allowance counter of one direction in one interval.
struct CounterGain {
  bool there = false;                     // an uplink has the counter
  std::optional<std::uint64_t> gained{};  // std::nullopt: not read in this interval
};

// The traffic of one measured interval, summed over all of the instance's uplinks.
struct CreditInterval {
  Moment now;
  Nanoseconds elapsed{};
  Traffic charged;
  PerDirection<CounterGain> counters{};
  PerDirection<FlowCount> flows{};
  // Directions whose traffic was not measured: at least `charged` went, at most the burst.
  PerDirection<bool> unknown{};
};

// What an interval's samples tell of the number of flows: a flow is of one account, so an account
// with nine tenths of the traffic or less is not alone; one with several TCP connections may use
// them all.
[[nodiscard]] PerDirection<FlowCount> flow_counts(const std::vector<Sample>& samples);

// The terms, with the capacity that was learned earlier unless a capacity was given. One learned on
// another instance of the same type counts for less than one of this instance.
[[nodiscard]] CreditTerms with_learned(const CreditTerms& terms, const SavedBucket& saved,
                                       bool same_instance);

// Both buckets of an instance and the accounts that spend from them. CreditMonitor feeds it while
// cgtally counts, CreditReplay from recordings. It charges every interval that it is given: its
// caller decides which interfaces the instance pays for.
class Credits {
 public:
  Credits(const PerDirection<CreditTerms>& terms, BucketStart start, const Moment& now);
  // Goes on from a saved state; `since` is what is known of the time since it was saved.
  Credits(const CreditTerms& terms, const SavedCredits& saved, const SaveGap& since,
          const Moment& now);

  void advance(const CreditInterval& interval);
  // The accounts behind the traffic of that interval.
  void add_samples(const std::vector<Sample>& samples, const Moment& now);
  // A gap without intervals that ended at `now`; `charged`: its traffic, if a sum of it is known.
  void pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged);
  void lose_track(const Moment& now, std::string_view reason);

  [[nodiscard]] PerDirection<DirectionCredit> directions(std::size_t most_named) const;
  // One direction without its accounts and evidence, which take most of the time.
  [[nodiscard]] DirectionCredit figures(Direction direction) const;
  [[nodiscard]] const Bucket& bucket(Direction direction) const { return buckets_[direction]; }
  [[nodiscard]] SavedCredits saved_state(CreditIdentity identity) const;

 private:
  void pause_unmeasured(const CreditInterval& interval, Direction direction);
  [[nodiscard]] DirectionCredit credit_of(Direction direction, std::size_t most_named) const;

  PerDirection<Bucket> buckets_;
  Nanoseconds begin_{};  // wall time; evidence of another day is shown with its date
  CreditInterval last_;
  TopAccounts top_accounts_;
};

}  // namespace cgtally
