// SPDX-License-Identifier: Apache-2.0
// Works out from a log of packets alone which bursts there were, and compares the rows of a CSV of
// bursts to them. Written for clearness, from the definition in docs/bursts.md: it shares
// no code with what it judges.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "harness/traffic/packet_log.h"

namespace cgtally::harness {

struct BurstRow {
  Nanoseconds begin{};
  Nanoseconds end{};
  Direction direction = Direction::rx;
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::string account;
  double share = 0;
  double share_hi = 0;
};
[[nodiscard]] std::vector<BurstRow> burst_rows(const std::string& csv);

// Bytes of each window of a direction, by window_index.
using WindowBytes = std::map<std::uint64_t, std::uint64_t>;
[[nodiscard]] WindowBytes windows_of(const std::vector<LoggedPacket>& log, Direction direction,
                                     Nanoseconds window);

struct TrueBurst {
  std::uint64_t first = 0, last = 0;  // windows
  std::uint64_t peak = 0;             // bytes of one window
};
// `limit`: bytes in a window that the threshold allows.
[[nodiscard]] std::vector<TrueBurst> true_bursts(const WindowBytes& windows, std::uint64_t limit);

struct Score {
  std::size_t truth = 0, found = 0;     // bursts that there were, and of those: reported
  std::size_t reported = 0, right = 0;  // rows, and of those: bursts that there were
  std::size_t near = 0;                 // found with start and end within two windows
  std::size_t volume_right = 0;         // rows whose bytes are those of the log
  std::size_t led = 0, led_right = 0;   // rows with a clear leader, and that named it
  double worst_volume = 0;              // relative
  [[nodiscard]] double recall() const { return part(found, truth); }
  [[nodiscard]] double precision() const { return part(right, reported); }
  [[nodiscard]] static double part(std::size_t some, std::size_t all) {
    return all == 0 ? 0 : static_cast<double>(some) / static_cast<double>(all);
  }
};
std::ostream& operator<<(std::ostream& out, const Score& score);

struct Judging {
  Nanoseconds window{};
  std::uint64_t limit = 0;          // bytes in a window that the threshold allows
  std::uint64_t allowed_bytes = 0;  // at the edges of a burst, taken together
  std::map<std::uint16_t, std::string> owners;
  Nanoseconds from{}, to{};  // nothing outside is judged
};
[[nodiscard]] Score judge(const std::vector<LoggedPacket>& log, const std::vector<BurstRow>& rows,
                          const Judging& how);

}  // namespace cgtally::harness
