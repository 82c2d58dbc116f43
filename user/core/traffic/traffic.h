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

// What TCP's flags tell. A connection is a SYN without ACK: each try to open one, also one that is
// sent again. A segment without data is an ACK, SYN, FIN or RST alone.
struct TcpCounts {
  std::uint64_t rx_connections = 0;  // that others asked for
  std::uint64_t tx_connections = 0;
  std::uint64_t rx_resets = 0;
  std::uint64_t tx_resets = 0;
  Packets rx_without_data{};  // of rx_packets
  Packets tx_without_data{};

  bool operator==(const TcpCounts&) const = default;
  TcpCounts& operator+=(const TcpCounts& other);
};

struct Traffic {
  Bytes rx_bytes;
  Packets rx_packets;
  Bytes tx_bytes;
  Packets tx_packets;
  TcpCounts tcp = {};

  bool operator==(const Traffic&) const = default;
  Traffic& operator+=(const Traffic& other);
  [[nodiscard]] bool empty() const { return *this == Traffic{}; }
  // In both directions.
  [[nodiscard]] std::uint64_t bytes() const { return rx_bytes.value + tx_bytes.value; }
  // Without TCP's segments that carry none.
  [[nodiscard]] Packets rx_data_packets() const;
  [[nodiscard]] Packets tx_data_packets() const;
};

struct Advanced {
  Traffic by;
};
struct Restarted {
  Traffic since_zero;
};
using Step = std::variant<Advanced, Restarted>;

// If one counter is below its earlier value, all have restarted: they come from one record.
[[nodiscard]] Step step(const Traffic& before, const Traffic& now);

// A reading may have a segment without data whose packet it has not. Returns `now` with as many of
// these left out as let packets with data not fall below those of `before`: the next reading has
// them.
[[nodiscard]] Traffic with_data_rising(const Traffic& before, Traffic now);

}  // namespace cgtally
