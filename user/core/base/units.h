// SPDX-License-Identifier: Apache-2.0
// Bytes, packets and their rates as types. They add; they do not subtract: a difference of counters
// is taken by step() in traffic.h, which knows about restarts. Rates are decimal, per second.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>

namespace cgtally {

using Nanoseconds = std::chrono::nanoseconds;

struct Bytes {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Bytes&) const = default;
  constexpr Bytes& operator+=(Bytes other) { return value += other.value, *this; }
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return a += b; }
};

struct Packets {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Packets&) const = default;
  constexpr Packets& operator+=(Packets other) { return value += other.value, *this; }
  friend constexpr Packets operator+(Packets a, Packets b) { return a += b; }
};

struct BitRate {
  std::uint64_t bits_per_second = 0;
  constexpr auto operator<=>(const BitRate&) const = default;
};

struct PacketRate {
  std::uint64_t packets_per_second = 0;
  constexpr auto operator<=>(const PacketRate&) const = default;
};

// Rounded to the nearest; empty if `elapsed` is not greater than 0. Saturates instead of wrapping.
[[nodiscard]] std::optional<BitRate> rate(Bytes bytes, Nanoseconds elapsed);
[[nodiscard]] std::optional<PacketRate> rate(Packets packets, Nanoseconds elapsed);

}  // namespace cgtally
