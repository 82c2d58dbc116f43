// SPDX-License-Identifier: Apache-2.0
#include "core/health/coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <variant>

namespace cgtally {
namespace {

// A frame of 54 bytes is 64 on the wire: 6 of padding, 4 of FCS.
constexpr double kMostAdded = 10;

// One direction's traffic between two readings.
struct Passed {
  double device_bytes;
  double device_packets;
  double counted_bytes;
  double counted_packets;
};

std::optional<double> share_of(const Passed& passed) {
  if (passed.device_packets < static_cast<double>(Coverage::kFewestPackets)) return std::nullopt;
  const double by_packets = passed.counted_packets / passed.device_packets;
  if (passed.device_bytes <= 0) return std::min(1.0, by_packets);
  const double added = kMostAdded * std::min(passed.counted_packets, passed.device_packets);
  const double by_bytes = (passed.counted_bytes + added) / passed.device_bytes;
  return std::min({1.0, by_packets, by_bytes});
}

std::optional<Traffic> advanced(const Traffic& before, const Traffic& now) {
  const Step change = step(before, now);
  const auto* forward = std::get_if<Advanced>(&change);
  return forward ? std::optional(forward->by) : std::nullopt;
}

// Packets that are in the queue now were counted, but not sent yet. Packets that were in it before
// were counted earlier, and sent now.
double growth(std::uint64_t before, std::uint64_t now) {
  return static_cast<double>(now) - static_cast<double>(before);
}

// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) text += i + 1 == all.size() ? " and " : ", ";
    text += all[i];
  }
  return text;
}

double number(auto amount) { return static_cast<double>(amount.value); }

CoverageShare share_between(const CoverageReading& first, const CoverageReading& last) {
  const auto device = advanced(first.device, last.device);
  const auto counted = advanced(first.counted, last.counted);
  if (!device || !counted) return {};
  const double queued_bytes = growth(first.queued_bytes.value, last.queued_bytes.value);
  const double queued_packets = growth(first.queued_packets.value, last.queued_packets.value);
  return {
      .rx = share_of({.device_bytes = number(device->rx_bytes),
                      .device_packets = number(device->rx_packets),
                      .counted_bytes = number(counted->rx_bytes),
                      .counted_packets = number(counted->rx_packets)}),
      .tx = share_of({.device_bytes = number(device->tx_bytes) + queued_bytes,
                      .device_packets = number(device->tx_packets) + queued_packets,
                      .counted_bytes = number(counted->tx_bytes),
                      .counted_packets = number(counted->tx_packets)}),
  };
}

Blind blind_of(const CoverageShare& share) { return {is_blind(share.rx), is_blind(share.tx)}; }

}  // namespace

void Coverage::add(const CoverageReading& reading) {
  if (!readings_.empty()) {
    const CoverageReading& last = readings_.back();
    const bool restarted =
        !advanced(last.device, reading.device) || !advanced(last.counted, reading.counted);
    if (restarted) readings_.clear();
  }
  readings_.push_back(reading);
  constexpr std::size_t kTwoSpans = 3;
  while (readings_.size() > kTwoSpans && reading.boot - readings_.front().boot > window_) {
    readings_.pop_front();
  }
}

// True if the last two readings are further apart than the window.
bool Coverage::apart() const {
  return readings_.back().boot - readings_[readings_.size() - 2].boot > window_;
}

CoverageShare Coverage::share() const {
  if (readings_.size() < 2) return {};
  const auto& first = apart() ? readings_[readings_.size() - 2] : readings_.front();
  return share_between(first, readings_.back());
}

Blind Coverage::blind() const {
  if (readings_.size() < 2) return {};
  const Blind whole = blind_of(share());
  if (apart()) return whole;
  if (readings_.size() < 3) return {};
  const CoverageReading& first = readings_.front();
  const CoverageReading& last = readings_.back();
  const Nanoseconds third = (last.boot - first.boot) / 3;
  const auto early =
      std::find_if(readings_.begin() + 1, readings_.end() - 2,
                   [&](const auto& reading) { return reading.boot - first.boot >= third; });
  const auto late =
      std::find_if(readings_.rbegin() + 1, readings_.rend() - 2,
                   [&](const auto& reading) { return last.boot - reading.boot >= third; });
  const Blind older = blind_of(share_between(first, *early));
  const Blind newer = blind_of(share_between(*late, last));
  return {.rx = whole.rx && older.rx && newer.rx, .tx = whole.tx && older.tx && newer.tx};
}

bool is_blind(std::optional<double> share) { return share && *share < Coverage::kBlindBelow; }

std::string blind_sentence(std::string_view interface_name, std::string_view direction,
                           double share, bool attached, const std::vector<std::string>& before) {
  const auto explanation = [&]() -> std::string {
    if (!attached) return "our program is not attached";
    if (before.empty()) return "nobody runs before ours, so a redirect or an offload took it";
    return fmt::format("{} {} before ours", listed(before), before.size() == 1 ? "runs" : "run");
  };
  const auto percent = static_cast<int>(std::floor(share * 100));  // rounded down
  return fmt::format("{} {}: only {} % of what the device counted came by here: {}", interface_name,
                     direction, percent, explanation());
}

}  // namespace cgtally
