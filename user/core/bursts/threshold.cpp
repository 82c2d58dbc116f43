// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/threshold.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

using Wide = unsigned __int128;

constexpr Nanoseconds kMeanLength = std::chrono::minutes{1};
constexpr Wide kEdgeParts = 20;  // a twentieth of a window's limit may blur at its edge

BitRate part_of(BitRate whole, double share) {
  return {
      static_cast<std::uint64_t>(std::llround(static_cast<double>(whole.bits_per_second) * share))};
}

std::string percent_of(double share) {
  const auto tenths = std::llround(share * 1000);
  if (tenths % 10 == 0) return fmt::format("{} %", tenths / 10);
  return fmt::format("{}.{} %", tenths / 10, tenths % 10);
}

// Said where a window of 1 ms at the threshold has fewer bytes.
std::string floor_words(BitRate least) {
  const auto window = least.bits_per_second / 8 / 1000;
  return window >= kLeastBurst.value ? "" : fmt::format(", from {}", format_bytes(kLeastBurst));
}

}  // namespace

Result<ThresholdRequest> parse_threshold(std::string_view text) {
  const auto refused = [&] {
    return std::unexpected(
        usage_error(fmt::format("'{}' is not a threshold", text),
                    "give a share of up to 100%, such as 50%, or a rate, such as 2Gbit"));
  };
  if (text.ends_with('%')) {
    double percent = 0;
    const char* end = text.data() + text.size() - 1;
    const auto [stop, code] = std::from_chars(text.data(), end, percent, std::chars_format::fixed);
    if (code != std::errc{} || stop != end || !(percent > 0) || percent > 100) return refused();
    return ThresholdRequest{.share = percent / 100, .rate = {}};
  }
  const auto rate = parse_bit_rate(text);
  if (!rate || rate->bits_per_second == 0) return refused();
  return ThresholdRequest{.share = {}, .rate = *rate};
}

Threshold resolve(const ThresholdRequest& request, const ThresholdBasis& basis) {
  if (request.rate) return {.fixed = request.rate, .words = format_bit_rate(*request.rate)};
  const double share = request.share.value_or(0.5);
  const auto of = [&](BitRate whole, const std::string& what) {
    const BitRate fixed = part_of(whole, share);
    return Threshold{.fixed = fixed,
                     .words = fmt::format("{} ({} of {}){}", format_bit_rate(fixed),
                                          percent_of(share), what, floor_words(fixed)),
                     .least_burst = kLeastBurst,
                     .least_span = kLeastSpan};
  };
  if (basis.instance_burst) {
    const std::string instance = basis.instance.empty() ? "the instance" : basis.instance;
    return of(*basis.instance_burst, fmt::format("{}'s burst", instance));
  }
  if (basis.link_speed) return of(*basis.link_speed, "the link's speed");
  return {.fixed = {},
          .words = fmt::format("{} times the last minute's mean, at least {}{}", kFollowingFactor,
                               format_bit_rate(kLeastFollowing), floor_words(kLeastFollowing)),
          .least_burst = kLeastBurst,
          .least_span = kLeastSpan};
}

BitRate Threshold::least() const { return fixed.value_or(kLeastFollowing); }

BurstRule Threshold::rule(BitRate now) const {
  return {.threshold = now, .least = least_burst, .span = least_span};
}

void FollowingThreshold::add(Bytes bytes, Nanoseconds boot_time) {
  if (!last_) {
    last_ = boot_time;
    return;
  }
  const Nanoseconds length = boot_time - *last_;
  if (length <= Nanoseconds::zero()) return;
  last_ = boot_time;
  steps_.push_back({.end = boot_time, .length = length, .bytes = bytes});
  length_ += length;
  bytes_ += bytes.value;
  while (steps_.size() > 1 && steps_.front().end <= boot_time - kMeanLength) {
    length_ -= steps_.front().length;
    bytes_ -= steps_.front().bytes.value;
    steps_.pop_front();
  }
}

BitRate FollowingThreshold::threshold() const {
  if (length_ < kLearning) return {std::numeric_limits<std::uint64_t>::max()};
  const BitRate mean = rate(Bytes{bytes_}, length_).value_or(BitRate{});
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / kFollowingFactor;
  const BitRate times{std::min(mean.bits_per_second, kMost) * kFollowingFactor};
  return std::max(times, kLeastFollowing);
}

std::uint32_t clock_read_bytes_for(BitRate threshold, Nanoseconds window, std::uint32_t most) {
  const Wide bytes = Wide{threshold.bits_per_second} * static_cast<Wide>(window.count()) /
                     (Wide{8} * 1'000'000'000 * kEdgeParts);
  return static_cast<std::uint32_t>(std::min(bytes, Wide{most}));
}

}  // namespace cgtally
