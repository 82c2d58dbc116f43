// SPDX-License-Identifier: Apache-2.0
// The cause of a burst, from three facts: what the device's allowance counters gained in the
// readings that cover the burst, which rates the instance is granted, and how the rate ran before.
// Facts that are not known are left out, never assumed: without counters the cause is unknown.
// Counters are read more seldom than windows, so a burst waits in a BurstExplainer for the reading
// that covers it.
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

// The rates that the instance is granted in a direction, as far as they are known.
struct GrantedRates {
  std::optional<BitRate> baseline = std::nullopt;
  std::optional<BitRate> peak = std::nullopt;
  bool no_credits = false;  // known: the peak is the baseline, so nothing can be exhausted
};

// The gain of the direction's allowance counter between two readings of it.
struct AllowanceGain {
  Nanoseconds from{};                     // boot time of the earlier reading
  Nanoseconds to{};                       // boot time of the later reading
  std::optional<std::uint64_t> exceeded;  // packets; empty: the device has no such counter
};

struct CauseInputs {
  std::optional<std::uint64_t> exceeded;  // packets, in the readings that cover the burst
  GrantedRates grant;
  std::vector<RateStep> history;  // oldest first, up to the burst's end
};

struct CauseVerdict {
  BurstCause cause = BurstCause::unknown;
  std::string reason;
};
// The first cause that holds, in the order exhausted, ceiling, microburst, burst, unknown.
[[nodiscard]] CauseVerdict cause_of(const Burst& burst, const CauseInputs& inputs);

// True if the rate was within 3 % of the baseline for the last 5 s or more, and above it before.
[[nodiscard]] bool flat_at_baseline(const std::vector<RateStep>& history, BitRate baseline);

struct ExplainedBurst {
  std::string iface;
  Direction direction = Direction::rx;
  Burst burst;
  std::optional<std::uint64_t> exceeded;
  std::optional<std::uint64_t> shared_with;  // other bursts of that direction in that reading
  CauseVerdict verdict;
  bool under_way = false;  // it goes on: its figures are those so far, and it has no verdict yet
};

// Gives bursts their cause. One explainer serves one direction of all interfaces that share a
// counter: the burst monitor adds the bursts that have ended, and gets them back, explained, with
// the counter reading that covers them. The explainer does not read counters itself.
class BurstExplainer {
 public:
  static constexpr std::size_t kGainsKept = 60;

  // `since`: the start of the burst that is under way on the interface; empty: there is none. The
  // gains of all readings that it lasts for are summed, also of those that are no longer kept.
  void set_under_way(const std::string& iface, std::optional<Nanoseconds> since);
  void add(ExplainedBurst burst, std::vector<RateStep> history);
  // The waiting bursts that this reading is the first to cover, with their verdicts.
  [[nodiscard]] std::vector<ExplainedBurst> explain(const AllowanceGain& gain,
                                                    const GrantedRates& grant);
  // The packets over the allowance since the burst that is under way on the interface began.
  [[nodiscard]] std::optional<std::uint64_t> exceeded_so_far(const std::string& iface) const;
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  using Exceeded = std::optional<std::uint64_t>;
  struct Waiting {
    ExplainedBurst burst;
    std::vector<RateStep> history;
    Exceeded earlier;  // in readings that are no longer kept
  };
  struct UnderWay {
    Nanoseconds start{};
    Exceeded earlier;
  };
  void remember(const AllowanceGain& gain);
  [[nodiscard]] Exceeded exceeded_in(Nanoseconds start, Nanoseconds end, Exceeded earlier) const;

  std::vector<Waiting> waiting_;
  std::map<std::string, UnderWay> under_way_;  // by interface
  std::deque<AllowanceGain> gains_;            // the last kGainsKept
};

}  // namespace cgtally
