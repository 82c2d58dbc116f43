// SPDX-License-Identifier: Apache-2.0
// What tests of `cgtally bursts` have in common: a wire that carries true frames only, the program
// that watches it, and senders of bursts.
#pragma once

#include <cstdint>
#include <string>

#include "e2e/private_run.h"
#include "harness/traffic/packet_log.h"

namespace cgtally::harness {

inline constexpr std::uint64_t kFrame = 1514;

class BurstScene : public PrivateRunTest {
 protected:
  BurstScene();
  // `cgtally bursts` with rows on stdout.
  [[nodiscard]] Words bursts(const Words& more) const;
};

// Bursts of both directions, one after the other, with pauses.
void send_bursts(const Wire& wire, int count);
// Sends `datagrams` of 1200 bytes in each millisecond.
void send_evenly(const Wire& wire, Nanoseconds length, int datagrams);

// The bytes that a log has in a direction between two moments.
[[nodiscard]] std::uint64_t bytes_between(const std::vector<LoggedPacket>& log, Direction direction,
                                          Nanoseconds from, Nanoseconds to);
// True if the closing summary says that no window was missed.
[[nodiscard]] bool missed_no_window(const std::string& said);
[[nodiscard]] std::size_t count_of(const std::string& text, const std::string& words);

}  // namespace cgtally::harness
