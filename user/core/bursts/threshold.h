// SPDX-License-Identifier: Apache-2.0
// From which rate on traffic counts as a burst: what the user asked for, what it is a share of, and
// the words for it. Where nothing is known that it could be a share of, it follows the traffic.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally {

// As --threshold was given: one of the two.
struct ThresholdRequest {
  std::optional<double> share = 0.5;  // 0 to 1
  std::optional<BitRate> rate;
};
[[nodiscard]] Result<ThresholdRequest> parse_threshold(std::string_view text);  // "50%" "2Gbit"

// What a share can be taken of.
struct ThresholdBasis {
  std::optional<BitRate> instance_burst = std::nullopt;
  std::string instance = {};  // "t4g.micro"
  std::optional<BitRate> link_speed = std::nullopt;
};

struct Threshold {
  std::optional<BitRate> fixed;  // none: it follows the last minute's mean
  std::string words;             // "2.50 Gbit/s (50 % of t4g.micro's burst)"
  // The least that it can become.
  [[nodiscard]] BitRate least() const;
};
[[nodiscard]] Threshold resolve(const ThresholdRequest& wish, const ThresholdBasis& facts);

inline constexpr std::uint64_t kFollowingFactor = 10;
inline constexpr BitRate kLeastFollowing{10'000'000};

// The mean of the last minute, or of what there has been of it, and the threshold that follows it.
class FollowingThreshold {
 public:
  // What passed since the call before. The first call is the base.
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

// How many bytes may be booked without a look at the clock: so few that a window's edge blurs by at
// most a twentieth of what makes it count as a burst. On each CPU, at each edge of a window, at
// most so many bytes lie in the wrong window, and they lie too early, by at most one jiffy.
[[nodiscard]] std::uint32_t clock_read_bytes_for(BitRate threshold, Nanoseconds window);

}  // namespace cgtally
