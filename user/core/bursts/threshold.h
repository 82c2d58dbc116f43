// SPDX-License-Identifier: Apache-2.0
// The rate above which traffic counts as a burst: a rate, or a share of what the instance or the
// link can do. If neither is known, the threshold follows the traffic of the last minute.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/bursts/detector.h"

namespace cgtally {

// The user's --threshold: one of the two.
struct ThresholdRequest {
  std::optional<double> share = 0.5;  // 0 to 1
  std::optional<BitRate> rate;
};
[[nodiscard]] Result<ThresholdRequest> parse_threshold(std::string_view text);  // "50%" "2Gbit"

// The facts that a share can be taken of.
struct ThresholdBasis {
  std::optional<BitRate> instance_burst = std::nullopt;
  std::string instance = {};  // "t4g.micro"
  std::optional<BitRate> link_speed = std::nullopt;
};

// Without a rate of the user's, a burst has at least kLeastBurst: more than one write of 64 KB or
// the answer to one request. Its rate is that of at least kLeastSpan, ten full packets, because on
// a slow link a single packet is over the threshold of its millisecond.
inline constexpr Bytes kLeastBurst{100'000};
inline constexpr Bytes kLeastSpan{15'000};

struct Threshold {
  std::optional<BitRate> fixed;  // empty: it follows the last minute's mean
  std::string words;             // "2.50 Gbit/s (50 % of t4g.micro's burst)"
  Bytes least_burst = {};        // 0: the user gave a rate, and everything over it counts
  Bytes least_span = {};
  // The lowest rate that the threshold can have.
  [[nodiscard]] BitRate least() const;
  [[nodiscard]] BurstRule rule(BitRate now) const;
};
[[nodiscard]] Threshold resolve(const ThresholdRequest& request, const ThresholdBasis& basis);

inline constexpr std::uint64_t kFollowingFactor = 10;
inline constexpr BitRate kLeastFollowing{100'000'000};

// The threshold that follows one direction's traffic: kFollowingFactor times the mean of the last
// minute, or of the shorter time since the first call, at least kLeastFollowing. As long as less
// than kLearning is known no rate is over it: the mean would be that of the burst itself, and of
// even traffic a part.
class FollowingThreshold {
 public:
  static constexpr Nanoseconds kLearning = std::chrono::seconds{1};

  // The bytes since the call before. The first call is the base.
  void add(Bytes bytes, Nanoseconds boot_time);
  [[nodiscard]] BitRate threshold() const;

 private:
  struct Step {
    Nanoseconds end{};
    Nanoseconds length{};
    Bytes bytes;
  };
  std::optional<Nanoseconds> last_;
  std::deque<Step> steps_;
  Nanoseconds length_{};
  std::uint64_t bytes_ = 0;
};

// The bytes that a CPU may count before the program reads the clock again. On each CPU, at each
// edge of a window, at most this many bytes are in the wrong window: in the earlier one, by at most
// one jiffy. The result is at most a twentieth of the bytes that make a window count as a burst,
// and at most `most`.
[[nodiscard]] std::uint32_t clock_read_bytes_for(BitRate threshold, Nanoseconds window,
                                                 std::uint32_t most);

}  // namespace cgtally
