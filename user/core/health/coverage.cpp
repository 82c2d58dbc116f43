// SPDX-License-Identifier: Apache-2.0
#include "core/health/coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

// A frame of 54 bytes is 64 on the wire: 6 of padding, 4 of FCS.
constexpr double kMostAdded = 10;
constexpr double kMostLeftOut = 18;   // of a packet: the Ethernet header and a tag
constexpr double kMostHeaders = 128;  // of a packet that a super-packet is cut into
constexpr double kLeastHeaders = 42;  // of a packet that is no super-packet: Ethernet, IPv4, UDP
constexpr double kLargest = 524'280;  // GSO_MAX_SIZE

// One direction's traffic between two readings.
struct Passed {
  double device_bytes;
  double device_packets;
  double counted_bytes;
  double counted_packets;
  double dropped = 0;   // packets
  bool running = true;  // otherwise what was counted need not have been sent
};

// A super-packet that is cut into n has n - 1 headers more than the device counts. What it is cut
// into carries data that the device did count: small packets are not the parts of a super-packet,
// and their number cannot explain their bytes.
double most_headers_of_super_packets(const Passed& passed) {
  const double parts = std::max(0.0, passed.counted_packets - passed.device_packets);
  const double data = passed.device_bytes - kLeastHeaders * passed.device_packets;
  return std::min(kMostHeaders * parts, std::max(0.0, data));
}

// Empty if the difference may come from how the device counts. A device that counts no bytes proves
// nothing.
std::optional<double> share_above_one(const Passed& passed) {
  constexpr auto kFewest = static_cast<double>(Coverage::kFewestPackets);
  if (!passed.running || passed.counted_packets < kFewest) return std::nullopt;
  if (passed.device_bytes <= 0 && passed.device_packets > 0) return std::nullopt;
  const double most = passed.device_bytes * (1 + Coverage::kMostAbove) +
                      kMostLeftOut * std::max(0.0, passed.device_packets) +
                      most_headers_of_super_packets(passed) + kLargest * passed.dropped;
  const double fewest = kFewest * passed.counted_bytes / passed.counted_packets;
  if (passed.counted_bytes <= most + fewest) return std::nullopt;
  if (passed.device_bytes <= 0) return Coverage::kMostShare;
  return std::min(passed.counted_bytes / passed.device_bytes, Coverage::kMostShare);
}

std::optional<double> share_of(const Passed& passed) {
  if (const auto above = share_above_one(passed)) return above;
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

std::optional<PerDirection<Passed>> passed_between(const CoverageReading& first,
                                                   const CoverageReading& last) {
  const auto device = advanced(first.device, last.device);
  const auto counted = advanced(first.counted, last.counted);
  if (!device || !counted) return std::nullopt;
  const double queued_bytes = growth(first.queued_bytes.value, last.queued_bytes.value);
  const double queued_packets = growth(first.queued_packets.value, last.queued_packets.value);
  return PerDirection<Passed>{
      .rx = {.device_bytes = number(device->rx_bytes),
             .device_packets = number(device->rx_packets),
             .counted_bytes = number(counted->rx_bytes),
             .counted_packets = number(counted->rx_packets)},
      .tx = {.device_bytes = number(device->tx_bytes) + queued_bytes,
             .device_packets = number(device->tx_packets) + queued_packets,
             .counted_bytes = number(counted->tx_bytes),
             .counted_packets = number(counted->tx_packets),
             .dropped = std::max(0.0, growth(first.dropped.value, last.dropped.value)),
             .running = first.running && last.running},
  };
}

CoverageShare share_between(const CoverageReading& first, const CoverageReading& last) {
  const auto passed = passed_between(first, last);
  if (!passed) return {};
  return {.rx = share_of(passed->rx), .tx = share_of(passed->tx)};
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

// Empty: too little is known.
std::optional<Coverage::Thirds> Coverage::thirds() const {
  if (readings_.size() < 2) return std::nullopt;
  if (apart()) return Thirds{.first = &readings_[readings_.size() - 2]};
  if (readings_.size() < 3) return std::nullopt;
  const CoverageReading& first = readings_.front();
  const CoverageReading& last = readings_.back();
  const Nanoseconds third = (last.boot - first.boot) / 3;
  const auto early =
      std::find_if(readings_.begin() + 1, readings_.end() - 2,
                   [&](const auto& reading) { return reading.boot - first.boot >= third; });
  const auto late =
      std::find_if(readings_.rbegin() + 1, readings_.rend() - 2,
                   [&](const auto& reading) { return last.boot - reading.boot >= third; });
  return Thirds{.first = &first, .early = &*early, .late = &*late};
}

Blind Coverage::blind() const {
  const auto thirds = this->thirds();
  if (!thirds) return {};
  const Blind whole = blind_of(share());
  if (thirds->early == nullptr) return whole;
  const Blind older = blind_of(share_between(*thirds->first, *thirds->early));
  const Blind newer = blind_of(share_between(*thirds->late, readings_.back()));
  return {.rx = whole.rx && older.rx && newer.rx, .tx = whole.tx && older.tx && newer.tx};
}

PerDirection<std::optional<OverCount>> Coverage::over(const CoverageReading& after) const {
  const auto thirds = this->thirds();
  if (!thirds) return {};
  CoverageReading last = readings_.back();
  last.device = after.device;
  last.dropped = after.dropped;
  auto whole = over_between(*thirds->first, last);
  if (thirds->early == nullptr) return whole;
  const CoverageShare older = share_between(*thirds->first, *thirds->early);
  const CoverageShare newer = share_between(*thirds->late, last);
  for (const Direction direction : kDirections) {
    if (!is_over(older[direction]) || !is_over(newer[direction])) whole[direction].reset();
  }
  return whole;
}

PerDirection<std::optional<OverCount>> over_between(const CoverageReading& first,
                                                    const CoverageReading& last) {
  PerDirection<std::optional<OverCount>> over;
  const auto passed = passed_between(first, last);
  if (!passed) return over;
  for (const Direction direction : kDirections) {
    const Passed& one = (*passed)[direction];
    if (!share_above_one(one)) continue;
    over[direction] =
        OverCount{.counted = {static_cast<std::uint64_t>(one.counted_bytes)},
                  .device = {static_cast<std::uint64_t>(std::max(0.0, one.device_bytes))},
                  .length = last.boot - first.boot};
  }
  return over;
}

bool is_blind(std::optional<double> share) { return share && *share < Coverage::kBlindBelow; }

bool is_over(std::optional<double> share) { return share && *share > 1; }

std::string blind_sentence(std::string_view interface_name, std::string_view direction,
                           double share, bool attached, const std::vector<std::string>& before) {
  const auto explanation = [&]() -> std::string {
    if (!attached) return "our program is not attached";
    if (before.empty() && direction == "tx") {
      return "nobody runs before ours, so it was sent past the queue (PACKET_QDISC_BYPASS, AF_XDP, "
             "netpoll), or a redirect took it";
    }
    if (before.empty()) return "nobody runs before ours, so a redirect or an offload took it";
    return fmt::format("{} {} before ours", listed(before), before.size() == 1 ? "runs" : "run");
  };
  const auto percent = static_cast<int>(std::floor(share * 100));  // rounded down
  return fmt::format("{} {}: only {} % of what the device counted came by here: {}", interface_name,
                     direction, percent, explanation());
}

std::string over_sentence(std::string_view interface_name, std::string_view direction,
                          const OverCount& over) {
  const double share = number(over.counted) / number(over.device);  // infinite without a byte
  const std::string percent =
      share < 100 ? fmt::format(": {:.0f} %", std::floor(share * 100)) : std::string();
  return fmt::format(
      "{} {}: booked {} in {}, but the device says {}{}: a redirect or a mirror brings "
      "packets here that were not on its wire",
      interface_name, direction, format_bytes(over.counted), format_duration(over.length),
      format_bytes(over.device), percent);
}

}  // namespace cgtally
