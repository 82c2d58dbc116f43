// SPDX-License-Identifier: Apache-2.0
// One closed window of an interface and direction, as core sees it: what passed in one slice of
// time, and who weighed most in it. Shares are lower bounds; `error` says how much they may lack.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/account.h"
#include "core/traffic/direction.h"

namespace cgtally {

struct AccountShare {
  Account account;
  Bytes least;
};

struct TrafficWindow {
  std::uint64_t window_index = 0;  // begins at window_index * window length of CLOCK_BOOTTIME
  Bytes bytes;
  Packets packets;
  Bytes error;  // what each share may lack, and what an account that is not named may have had
  std::vector<AccountShare> shares;
};

// Windows [from, to) of which one CPU's part, at least, was overwritten before it was read.
struct MissedWindows {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  Bytes bytes;  // of those that are known so far: the rest shows with the CPU's next packet
  Packets packets;
  [[nodiscard]] std::uint64_t count() const { return to - from; }
};

}  // namespace cgtally
