// SPDX-License-Identifier: Apache-2.0
// Totals of an account, and the only way to take the difference of two readings. If totals went
// backwards, their source has restarted: the new totals are what it has counted since its new zero.
// A difference never wraps around 2^64 (an agent that did so once reported 400 PB/s) and is never
// averaged over the gap.
#pragma once

#include <cstdint>
#include <variant>

#include "core/base/units.h"

namespace cgtally {

struct Traffic {
  Bytes rx_bytes;
  Packets rx_packets;
  Bytes tx_bytes;
  Packets tx_packets;

  bool operator==(const Traffic&) const = default;
  Traffic& operator+=(const Traffic& other);
  [[nodiscard]] bool empty() const { return *this == Traffic{}; }
  // In both directions.
  [[nodiscard]] std::uint64_t bytes() const { return rx_bytes.value + tx_bytes.value; }
};

struct Advanced {
  Traffic by;
};
struct Restarted {
  Traffic since_zero;
};
using Step = std::variant<Advanced, Restarted>;

// If one counter is below its earlier value, all four have restarted: they come from one record.
[[nodiscard]] Step step(const Traffic& before, const Traffic& now);

}  // namespace cgtally
