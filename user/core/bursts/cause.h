// SPDX-License-Identifier: Apache-2.0
// Why a burst matters, or does not: from the device's allowance counters in the readings that cover
// it, from what the instance is granted, and from how the rate ran before. Everything that is not
// known is left out, never assumed: without counters the cause is unknown. A burst waits for its
// reading in a BurstExplainer.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bursts/detector.h"
#include "core/bursts/rate_history.h"

namespace cgtally {

enum class BurstCause : std::uint8_t { exhausted, ceiling, microburst, burst, unknown };
[[nodiscard]] std::string_view cause_name(BurstCause cause);

// What the instance is granted in a direction, as far as it is known.
struct GrantedRates {
  std::optional<BitRate> baseline = std::nullopt;
  std::optional<BitRate> peak = std::nullopt;
  bool no_credits = false;  // known: the peak is the baseline, so nothing can be exhausted
};

// What the direction's allowance counter gained; none: there is no such counter.
struct AllowanceGain {
  Nanoseconds from{};  // boot time of the reading before
  Nanoseconds to{};    // and of this one
  std::optional<std::uint64_t> exceeded;
};

struct CauseInputs {
  std::optional<std::uint64_t> exceeded;  // gained in the readings that cover the burst
  GrantedRates grant;
  std::vector<RateStep> history;  // oldest first, up to the burst's end
};

struct CauseVerdict {
  BurstCause cause = BurstCause::unknown;
  std::string reason;
};
// The first that holds: exhausted, ceiling, microburst, burst, unknown.
[[nodiscard]] CauseVerdict cause_of(const Burst& burst, const CauseInputs& inputs);

// Flat within 3 % of the baseline for 5 s and more up to its end, after having been above it.
[[nodiscard]] bool flat_at_baseline(const std::vector<RateStep>& history, BitRate baseline);

struct ExplainedBurst {
  std::string iface;
  Direction direction = Direction::rx;
  Burst burst;
  std::optional<std::uint64_t> exceeded;
  std::optional<std::uint64_t> shared_with;  // other bursts of that direction in that reading
  CauseVerdict verdict;
  bool under_way = false;  // it goes on: all that is said of it is so far, and there is no verdict
};

// Bursts of one direction, of all interfaces that share the counter, on their way to a verdict.
class BurstExplainer {
 public:
  static constexpr std::size_t kGainsKept = 60;

  // The start of the burst that is under way on that interface; none: there is none. Its readings
  // are summed, however many it lasts for.
  void await(const std::string& iface, std::optional<Nanoseconds> since);
  void put(ExplainedBurst burst, std::vector<RateStep> history);
  // The bursts that this reading is the first to cover, with their verdicts.
  [[nodiscard]] std::vector<ExplainedBurst> take(const AllowanceGain& gain,
                                                 const GrantedRates& grant);
  // Of the burst that is under way there: what its readings have gained so far.
  [[nodiscard]] std::optional<std::uint64_t> exceeded_so_far(const std::string& iface) const;
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  using Exceeded = std::optional<std::uint64_t>;
  struct Waiting {
    ExplainedBurst burst;
    std::vector<RateStep> history;
    Exceeded earlier;  // in readings that are not kept any more
  };
  struct UnderWay {
    Nanoseconds start{};
    Exceeded earlier;
  };
  void keep(const AllowanceGain& gain);
  [[nodiscard]] Exceeded exceeded_in(Nanoseconds start, Nanoseconds end, Exceeded earlier) const;

  std::vector<Waiting> waiting_;
  std::map<std::string, UnderWay> under_way_;  // by interface
  std::deque<AllowanceGain> gains_;            // the last ones
};

}  // namespace cgtally
