// SPDX-License-Identifier: Apache-2.0
// The two directions of an interface as the host sees them, and a pair of values, one for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/units.h"
#include "core/traffic/traffic.h"

namespace cgtally {

enum class Direction : std::uint8_t { rx, tx };

inline constexpr std::array<Direction, 2> kDirections{Direction::rx, Direction::tx};

[[nodiscard]] constexpr std::size_t index(Direction direction) {
  return static_cast<std::size_t>(direction);
}

[[nodiscard]] constexpr std::string_view direction_name(Direction direction) {
  return direction == Direction::rx ? "rx" : "tx";
}

// One value for each direction: `packets[Direction::tx]`.
template <typename Value>
struct PerDirection {
  Value rx{};
  Value tx{};

  [[nodiscard]] constexpr Value& operator[](Direction direction) {
    return direction == Direction::rx ? rx : tx;
  }
  [[nodiscard]] constexpr const Value& operator[](Direction direction) const {
    return direction == Direction::rx ? rx : tx;
  }
  bool operator==(const PerDirection&) const = default;
};

[[nodiscard]] constexpr Bytes bytes_of(const Traffic& traffic, Direction direction) {
  return direction == Direction::rx ? traffic.rx_bytes : traffic.tx_bytes;
}
[[nodiscard]] constexpr Packets packets_of(const Traffic& traffic, Direction direction) {
  return direction == Direction::rx ? traffic.rx_packets : traffic.tx_packets;
}

}  // namespace cgtally
