// SPDX-License-Identifier: Apache-2.0
// The credits of one direction as a token bucket that nobody can look into: what is left is an
// interval, and so is the capacity. Two intervals are integrated side by side, the balance (above
// empty) and the deficit (below full); their sum is the capacity, so that evidence about one
// narrows the others. The truth is never outside unless the terms are wrong, and then it says so.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/credits/bounds.h"
#include "core/credits/plateau.h"
#include "core/credits/rates.h"
#include "core/instance/credit_terms.h"
#include "core/traffic/reading.h"

namespace cgtally {

enum class BucketStart : std::uint8_t { unknown, full, empty };

enum class CreditState : std::uint8_t { none, unknown, earning, full, draining, exhausted };
[[nodiscard]] std::string_view credit_state_name(CreditState state);

// One measured interval.
struct BucketTick {
  Moment now;             // its end
  Nanoseconds elapsed{};  // measured
  Bytes charged;          // in this direction, of all uplinks
  Packets packets;        // likewise
  // What this direction's allowance counter gained since it was read last, in the tick in which it
  // was read; none: there is no such counter, or it was not read in this tick.
  std::optional<std::uint64_t> exceeded;
  bool has_counter = false;  // whether there is such a counter at all
};

// Seconds until the bucket is empty if traffic goes on as in the last seconds.
struct TimeToEmpty {
  double lo_s = 0;
  std::optional<double> hi_s;  // none: possibly never
};

struct BucketEvidence {
  Moment when;
  std::string sentence;  // "9.0 GB above baseline since it was full (MEASURED)"
};

// What outlives the process, without a word on where: see credit_state.h.
struct SavedBucket {
  ByteRange balance;
  ByteRange deficit;
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
};

class Bucket {
 public:
  static constexpr std::size_t kMostEvidence = 16;

  Bucket(const CreditTerms& terms, BucketStart start, const Moment& now);
  // Terms and memory are put together: told beats learned beats prior.
  Bucket(const CreditTerms& terms, const SavedBucket& memory, const Moment& now);

  void advance(const BucketTick& tick);
  // Nobody watched for so long. `charged`: what went out meanwhile, from counters that outlived
  // it, and `unseen`: what those may lack at most; none: anything up to the burst may have.
  void pause(const Moment& now, Nanoseconds gap, std::optional<Bytes> charged, Bytes unseen = {});
  // A reboot, a stop or another instance: nothing is known of the balance any more.
  void lose_track(const Moment& now, std::string reason);

  [[nodiscard]] CreditState state() const;
  [[nodiscard]] ByteRange balance() const { return bounds_.balance(); }
  [[nodiscard]] ByteRange deficit() const { return bounds_.deficit(); }
  [[nodiscard]] ByteRange capacity() const { return bounds_.capacity(); }
  [[nodiscard]] Basis capacity_basis() const { return basis_; }
  [[nodiscard]] const CreditTerms& terms() const { return terms_; }
  // The mean rate of the last seconds, by which it drains.
  [[nodiscard]] BitRate rate() const;
  [[nodiscard]] std::optional<TimeToEmpty> time_to_empty() const;  // none: it does not drain
  // How long nothing must be spent until an unknown balance is known to be full. None: no upper
  // bound of the capacity is known, so that no rest is long enough.
  [[nodiscard]] std::optional<Nanoseconds> known_after_rest() const;
  // Newest last; bounded.
  [[nodiscard]] const std::deque<BucketEvidence>& evidence() const { return evidence_; }
  [[nodiscard]] SavedBucket memory() const;

 private:
  [[nodiscard]] double baseline() const;  // bytes per second
  [[nodiscard]] ByteRange earned(double seconds) const;
  [[nodiscard]] bool draining() const;
  [[nodiscard]] bool seems_empty() const;
  [[nodiscard]] bool contradicted_by_empty() const;
  [[nodiscard]] std::optional<ByteRange> measured() const;

  void watch_plateau(const BucketTick& tick, bool sampled);
  void watch_drain(const BucketTick& tick);
  void watch_full(const Moment& now);
  void watch_overspending(const Moment& now, double beyond);
  void conclude_empty(const Moment& now);
  void learn(const Moment& now, const ByteRange& missing);
  void say(const Moment& now, std::string sentence);

  CreditTerms terms_;
  Basis basis_;
  BucketBounds bounds_;
  // What would hold had the last conclusion that it is empty been wrong, until it is confirmed.
  std::optional<BucketBounds> doubt_;
  Basis doubt_basis_ = Basis::prior;
  bool told_empty_ = false;

  BucketRates rates_;
  PlateauWatch plateau_;
  double leeway_ = 0;       // what may have been saved up since the plateau began
  bool concluded_ = false;  // from this plateau
  double overspent_ = 0;
  double drained_s_ = 0;  // how long it has been clearly above the baseline
  bool full_said_ = false;
  double tick_s_ = 0;
  std::deque<BucketEvidence> evidence_;
};

}  // namespace cgtally
