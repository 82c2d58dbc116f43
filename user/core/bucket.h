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

#include "core/credit_terms.h"
#include "core/reading.h"
#include "core/units.h"

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
struct BucketMemory {
  ByteRange balance;
  ByteRange deficit;
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
};

class Bucket {
 public:
  Bucket(const CreditTerms& terms, BucketStart start, const Moment& now);
  // Terms and memory are put together: told beats learned beats prior.
  Bucket(const CreditTerms& terms, const BucketMemory& memory, const Moment& now);

  void advance(const BucketTick& tick);
  // Nobody watched for so long. `charged`: what went out meanwhile, from counters that outlived
  // it; none: anything up to the burst may have.
  void pause(const Moment& now, Nanoseconds gap, std::optional<Bytes> charged);
  // A reboot, a stop or another instance: nothing is known of the balance any more.
  void lose_track(const Moment& now, std::string reason);

  [[nodiscard]] CreditState state() const;
  [[nodiscard]] ByteRange balance() const;
  [[nodiscard]] ByteRange capacity() const;
  [[nodiscard]] Basis capacity_basis() const;
  [[nodiscard]] const CreditTerms& terms() const;
  // The mean rate of the last seconds, by which it drains.
  [[nodiscard]] BitRate rate() const;
  [[nodiscard]] std::optional<TimeToEmpty> time_to_empty() const;  // none: it does not drain
  // How long nothing must be spent until an unknown balance is known to be full.
  [[nodiscard]] std::optional<Nanoseconds> known_after_rest() const;
  // Newest last; bounded.
  [[nodiscard]] const std::deque<BucketEvidence>& evidence() const;
  [[nodiscard]] BucketMemory memory() const;
};

}  // namespace cgtally
