// SPDX-License-Identifier: Apache-2.0
// The network credits of one direction, modelled as a token bucket that cannot be read: it earns at
// the baseline, is spent by traffic, and holds at most its capacity. Balance, deficit and capacity
// are ranges (see bounds.h). The truth is never outside them unless the terms are wrong; traffic
// that shows that they are is reported as evidence. Source of the terms: "Amazon EC2 instance
// network bandwidth", EC2 User Guide. docs/internals/credit-model.md explains the whole model.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/byte_range.h"
#include "core/base/units.h"
#include "core/credits/bounds.h"
#include "core/credits/plateau.h"
#include "core/credits/rates.h"
#include "core/instance/credit_terms.h"
#include "core/traffic/reading.h"

namespace cgtally {

enum class BucketStart : std::uint8_t { unknown, full, empty };

enum class CreditState : std::uint8_t { none, unknown, earning, full, draining, exhausted };
[[nodiscard]] std::string_view credit_state_name(CreditState state);  // "draining"

// One measured interval.
struct BucketTick {
  Moment now;             // its end
  Nanoseconds elapsed{};  // measured
  Bytes charged;          // in this direction, over all uplinks
  Packets packets;        // likewise
  // The gain of this direction's allowance counter since its last reading; only in the tick in
  // which the counter was read.
  std::optional<std::uint64_t> exceeded;
  bool has_counter = false;  // an uplink has such a counter
  FlowCount flows = FlowCount::unknown;
};

// Seconds until the bucket is empty if traffic goes on as in the last seconds.
struct TimeToEmpty {
  double lo_s = 0;
  std::optional<double> hi_s;  // std::nullopt: possibly never
};

struct BucketEvidence {
  Moment when;
  std::string sentence;  // "9.0 GB above baseline since it was full (MEASURED)"
};

// The part of a Bucket that is saved across restarts (written and read by saved_state.h).
struct SavedBucket {
  ByteRange balance;
  ByteRange deficit;
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
};

// The bucket of one direction. Credits owns one for each direction and feeds it every interval. It
// does not know which interfaces are charged, who sent, or where its state is kept.
class Bucket {
 public:
  static constexpr std::size_t kMostEvidence = 16;

  Bucket(const CreditTerms& terms, BucketStart start, const Moment& now);
  // Goes on from a saved state. Where terms and state disagree about the capacity, told beats
  // learned, and learned beats prior.
  Bucket(const CreditTerms& terms, const SavedBucket& saved, const Moment& now);

  void advance(const BucketTick& tick);
  // A gap in the watch that ended at `now`. `charged`: the bytes that counters which went on saw in
  // the gap, of which they may have missed up to `unseen`; std::nullopt: anything up to the burst
  // rate may have gone.
  void pause(const Moment& now, Nanoseconds gap, std::optional<Bytes> charged, Bytes unseen = {});
  // After a reboot, a stop or on another instance: only the capacity is still known.
  void lose_track(const Moment& now, std::string_view reason);

  [[nodiscard]] CreditState state() const;
  // The rate rests at a baseline that is also the limit of one flow: empty, or not.
  [[nodiscard]] bool perhaps_empty() const { return plateau_.found() == Plateau::ambiguous; }
  // The length of the plateau so far, while the state is exhausted or perhaps_empty().
  [[nodiscard]] double plateau_seconds() const;
  [[nodiscard]] ByteRange balance() const { return bounds_.balance(); }
  [[nodiscard]] ByteRange deficit() const { return bounds_.deficit(); }
  [[nodiscard]] ByteRange capacity() const { return bounds_.capacity(); }
  [[nodiscard]] ShareRange share() const { return bounds_.share(); }  // balance of capacity
  [[nodiscard]] Basis capacity_basis() const { return basis_; }
  [[nodiscard]] const CreditTerms& terms() const { return terms_; }
  // The mean rate of the last seconds, which the time to empty is calculated from.
  [[nodiscard]] BitRate rate() const;
  [[nodiscard]] std::optional<TimeToEmpty> time_to_empty() const;  // std::nullopt: not draining
  // The rest that the direction needs until an unknown balance is known to be full. std::nullopt
  // while the capacity has no upper bound, since then no rest is long enough.
  [[nodiscard]] std::optional<Nanoseconds> known_after_rest() const;
  // At most kMostEvidence, newest last.
  [[nodiscard]] const std::deque<BucketEvidence>& evidence() const { return evidence_; }
  [[nodiscard]] SavedBucket saved_state() const;

 private:
  [[nodiscard]] double baseline() const;  // bytes per second
  [[nodiscard]] ByteRange earned(double seconds) const;
  [[nodiscard]] bool draining() const;
  [[nodiscard]] bool seems_empty() const;
  [[nodiscard]] bool contradicted_by_empty() const;
  [[nodiscard]] std::optional<ByteRange> measured_capacity() const;

  void check_plateau(const BucketTick& tick, bool sampled);
  void check_drain(const BucketTick& tick);
  void check_full(const Moment& now);
  void check_overspending(const Moment& now, double beyond);
  void conclude_empty(const Moment& now);
  void doubt(const Moment& now);
  void learn_capacity(const Moment& now, const ByteRange& missing);
  void add_evidence(const Moment& now, std::string sentence);

  CreditTerms terms_;
  Basis basis_;
  BucketBounds bounds_;
  // The bounds that hold if the last conclusion "it is empty" was wrong; kept until it is
  // confirmed.
  std::optional<BucketBounds> fallback_;
  Basis fallback_basis_ = Basis::prior;
  bool told_empty_ = false;

  BucketRates rates_;
  PlateauDetector plateau_;
  double leeway_ = 0;             // bytes that may have been saved up since the plateau began
  bool concluded_empty_ = false;  // from the current plateau
  bool doubted_ = false;          // both readings of the current plateau were told
  double overspent_ = 0;          // bytes spent beyond what could have been there
  double drained_s_ = 0;          // seconds for which the rate has been clearly above the baseline
  bool full_reported_ = false;
  double tick_s_ = 0;
  std::deque<BucketEvidence> evidence_;
};

}  // namespace cgtally
