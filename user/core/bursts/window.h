// SPDX-License-Identifier: Apache-2.0
// One closed window of an interface and direction, as core sees it: the traffic of one slice of
// time (1 ms by default) and the accounts that had most of it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/account.h"
#include "core/traffic/direction.h"

namespace cgtally {

// A lower bound of an account's bytes in a window.
struct AccountShare {
  Account account;
  Bytes least;
};

struct TrafficWindow {
  std::uint64_t window_index = 0;  // it begins at CLOCK_BOOTTIME = window_index * window length
  Bytes bytes;
  Packets packets;
  Bytes error;  // the most that a share is too low, or that an account without a share had
  std::vector<AccountShare> shares;
};

// Windows [from, to) of which at least one CPU's part was overwritten before it was read.
struct MissedWindows {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Bytes bytes;  // as far as known: the rest shows with the CPU's next packet
  Packets packets;
  [[nodiscard]] std::uint64_t count() const { return to - from; }
};

}  // namespace cgtally
