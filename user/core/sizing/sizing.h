// SPDX-License-Identifier: Apache-2.0
// The fit of a workload to an instance type: carried for ever or for how long, and the limit that
// binds.
// Each direction has a token bucket that is full at the start (docs/internals/credit-model.md); it
// is emptied exactly, in integers. A workload that ends begins again. A capacity that is only known
// as a range makes the answer a range.
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
#include "core/traffic/direction.h"

namespace cgtally::sizing {

enum class Limit : std::uint8_t {
  in,
  out,
  in_peak,
  out_peak,
  packets,
  connections,
  in_internet,
  out_internet
};
[[nodiscard]] std::string_view limit_name(Limit limit);  // "in", "out peak", "pps"

// Limits that the provider does not publish, as far as the user gives them.
struct GivenLimits {
  std::optional<std::uint64_t> packets_per_second = {};  // both directions together
  std::optional<std::uint64_t> connections = {};         // of the workload
  std::optional<std::uint64_t> connections_limit = {};
  bool internet = false;  // all of it goes through an internet gateway
};

enum class Verdict : std::uint8_t {
  for_ever,  // even with the smallest capacity of the range
  empties,   // a bucket gets empty; possibly never if `latest` has no value
  exceeds,   // the workload crosses a limit that no bucket helps with
};

struct Fit {
  Verdict verdict = Verdict::for_ever;
  std::optional<Nanoseconds> earliest;  // until a bucket is empty; std::nullopt: never
  std::optional<Nanoseconds> latest;    // std::nullopt: never, or not known
  bool over_the_load = true;            // surely not empty before the workload first ends
  Limit binds = Limit::out;
  double margin = 0;  // what is left of the limit that binds: 0.25 is a quarter, below 0 is over it
};

// One direction of a workload, step by step.
struct Stream {
  std::vector<Nanoseconds> elapsed;
  std::vector<Bytes> bytes;
};

// The time until a bucket of `capacity`, full when the stream begins, is empty; std::nullopt:
// never.
[[nodiscard]] std::optional<Nanoseconds> time_to_empty(const Stream& stream, BitRate baseline,
                                                       Bytes capacity);

// One workload to be tried on many types. Keeps what types have in common: the peaks, and the time
// to empty of each baseline and capacity. Used by `cgtally size`; it does not choose what is shown.
class Sizing {
 public:
  Sizing(const Workload& load, const GivenLimits& limits);
  // `gateway`: what an internet gateway lets through, if all goes through one.
  [[nodiscard]] Fit fit(const CreditTerms& terms, std::optional<BitRate> gateway = std::nullopt);

 private:
  struct DirectionLoad {
    Stream stream;
    std::uint64_t total = 0;  // bytes
    std::size_t fastest = 0;  // index of the step with the highest rate
    std::map<std::pair<BitRate, std::uint64_t>, std::optional<Nanoseconds>> known_times;
  };
  struct Use {
    Limit limit;
    double share;  // of the limit; over 1: more than it allows
    bool crossed;  // decided exactly, and no bucket helps
  };
  static DirectionLoad direction_load(const Workload& load, Direction direction);
  void add_uses(std::vector<Use>& uses, Direction direction, const CreditTerms& terms) const;
  void add_internet(std::vector<Use>& uses, Direction direction, BitRate limit) const;
  [[nodiscard]] std::vector<Use> uses(const CreditTerms& terms,
                                      std::optional<BitRate> gateway) const;
  [[nodiscard]] std::optional<Nanoseconds> time_to_empty_of(Direction direction, BitRate baseline,
                                                            double capacity);
  void add_times(Fit& fit, const CreditTerms& terms);

  Nanoseconds length_;
  GivenLimits limits_;
  double packets_peak_ = 0;  // per second, both directions
  PerDirection<DirectionLoad> loads_;
};

[[nodiscard]] std::optional<BitRate> gateway_of(const InstanceType& type,
                                                const GivenLimits& limits);

// True if the workload crosses a limit that the user gave: no other type would change that.
[[nodiscard]] bool crosses_given_limit(const Fit& fit);

// The highest rate of exchanges a second that goes on for ever, by the baseline alone.
[[nodiscard]] std::uint64_t most_per_second(const Traffic& one, const CreditTerms& terms,
                                            const GivenLimits& limits,
                                            std::optional<BitRate> gateway = std::nullopt);

struct Candidate {
  const InstanceType* type;
  Fit fit;
};
// All types with their fit, smallest first: by baseline, then vCPUs, then name.
[[nodiscard]] std::vector<Candidate> candidates(const std::vector<const InstanceType*>& types,
                                                const Workload& load, const GivenLimits& limits);
// The rows worth reading: the types that carry the workload for ever, after up to `short_of`
// smaller ones that nearly do. If no type carries it: the smallest that only a given limit stops,
// or else the largest.
[[nodiscard]] std::vector<Candidate> worth_showing(const std::vector<Candidate>& all,
                                                   std::size_t most, std::size_t short_of = 3);

}  // namespace cgtally::sizing
