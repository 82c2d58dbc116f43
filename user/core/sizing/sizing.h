// SPDX-License-Identifier: Apache-2.0
// Whether an instance would carry a load, for how long, and which of its limits binds. A bucket per
// direction, full at the start, is emptied exactly, in integers; a load that ends goes on from its
// beginning. An unknown capacity makes the answer an interval.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/instance/catalogue.h"
#include "core/instance/credit_terms.h"
#include "core/sizing/workload.h"

namespace cgtally::sizing {

enum class Limit : std::uint8_t { in, out, in_peak, out_peak, packets, connections };
[[nodiscard]] std::string_view limit_name(Limit limit);  // "in", "out peak", "pps"

// Limits that the provider does not publish, where the user gives them.
struct GivenLimits {
  std::optional<std::uint64_t> packets_per_second = {};  // both directions together
  std::optional<std::uint64_t> connections = {};         // of the workload
  std::optional<std::uint64_t> connections_limit = {};
};

enum class Verdict : std::uint8_t {
  for_ever,  // with the smallest capacity that is believed
  empties,   // perhaps never, where there is no `latest`
  exceeds,   // a limit that no bucket helps with is crossed
};

struct Fit {
  Verdict verdict = Verdict::for_ever;
  std::optional<Nanoseconds> earliest;  // when a bucket is empty; none: never
  std::optional<Nanoseconds> latest;    // none: never, or not known
  bool over_the_load = true;            // surely not empty before the load first ends
  Limit binds = Limit::out;
  double margin = 0;  // of the limit that binds: 0.25 where a quarter of it is left, below 0: over
};

// One direction of a load.
struct Stream {
  std::vector<Nanoseconds> elapsed;
  std::vector<Bytes> bytes;
};

// When a bucket of `capacity` is empty that was full when the stream began; none: never.
[[nodiscard]] std::optional<Nanoseconds> time_to_empty(const Stream& stream, BitRate baseline,
                                                       Bytes capacity);

// One load, asked about many types: what types have in common is worked out once.
class Sizing {
 public:
  Sizing(const Workload& load, const GivenLimits& limits);
  [[nodiscard]] Fit fit(const CreditTerms& terms);

 private:
  struct Direction {
    Stream stream;
    std::uint64_t total = 0;  // bytes
    std::size_t fastest = 0;  // step
    std::map<std::pair<BitRate, std::uint64_t>, std::optional<Nanoseconds>> known;
  };
  struct Use {
    Limit limit;
    double share;  // over 1: more than there is
    bool crossed;  // exactly, and no bucket helps
  };
  static Direction direction(const Workload& load, bool out);
  void add_uses(std::vector<Use>& uses, const Direction& direction, const CreditTerms& terms,
                bool out) const;
  [[nodiscard]] std::vector<Use> uses(const CreditTerms& terms) const;
  [[nodiscard]] std::optional<Nanoseconds> empty(Direction& direction, BitRate baseline,
                                                 double capacity) const;

  Nanoseconds length_;
  GivenLimits limits_;
  double packets_peak_ = 0;  // per second, both directions
  Direction in_;
  Direction out_;
};

// Crossed, whatever the type: a limit that was given.
[[nodiscard]] bool crosses_given_limit(const Fit& fit);

// How often a second `one` goes for ever: by the baseline alone.
[[nodiscard]] std::uint64_t most_per_second(const Traffic& one, const CreditTerms& terms,
                                            const GivenLimits& limits);

struct Candidate {
  const InstanceType* type;
  Fit fit;
};
// Smallest first: by baseline, then vCPUs, then name.
[[nodiscard]] std::vector<Candidate> candidates(const std::vector<const InstanceType*>& types,
                                                const Workload& load, const GivenLimits& limits);
// The rows worth reading: those that carry it for ever, and up to `short_of` before the first of
// them that nearly do; where nothing carries it, the largest, or the smallest that only a given
// limit stops.
[[nodiscard]] std::vector<Candidate> worth_showing(const std::vector<Candidate>& all,
                                                   std::size_t most, std::size_t short_of = 3);

}  // namespace cgtally::sizing
