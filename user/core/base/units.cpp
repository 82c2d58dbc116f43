// SPDX-License-Identifier: Apache-2.0
// The one division of an amount by a time. It is done in 128 bits: 2^64 bytes are 1.5e29 bits per
// second times nanoseconds, which no 64-bit intermediate holds.
#include "core/base/units.h"

#include <limits>

namespace cgtally {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kBitsPerByte = 8;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

std::optional<std::uint64_t> per_second(Wide amount, Nanoseconds elapsed) {
  if (elapsed <= Nanoseconds::zero()) return std::nullopt;
  const Wide divisor = static_cast<Wide>(elapsed.count());
  const Wide rounded = (amount * kNanosecondsPerSecond + divisor / 2) / divisor;
  constexpr Wide kMost = std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(rounded < kMost ? rounded : kMost);
}

}  // namespace

std::optional<BitRate> rate(Bytes bytes, Nanoseconds elapsed) {
  const auto value = per_second(Wide{bytes.value} * kBitsPerByte, elapsed);
  if (!value) return std::nullopt;
  return BitRate{*value};
}

std::optional<PacketRate> rate(Packets packets, Nanoseconds elapsed) {
  const auto value = per_second(packets.value, elapsed);
  if (!value) return std::nullopt;
  return PacketRate{*value};
}

}  // namespace cgtally
