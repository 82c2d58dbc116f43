// SPDX-License-Identifier: Apache-2.0
// Which accounts may leave the ledger: those of a removed cgroup once its last socket has closed,
// or once they have stood still for a minute (a dying memory cgroup can put off that news for
// hours). How long totals stand still is known from the readings given here alone, so that a keeper
// that has just begun waits the whole time again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

struct RemovedCgroup {
  std::uint64_t cgroup_id = 0;
  Nanoseconds removed{};                // rmdir; CLOCK_BOOTTIME
  std::optional<Nanoseconds> released;  // its last socket has closed
};

class AccountExpiry {
 public:
  static constexpr Nanoseconds kStill = std::chrono::seconds{60};

  // Of one reading, taken at `now`.
  [[nodiscard]] std::vector<InterfaceAccount> due(const std::vector<AccountTotals>& accounts,
                                                  const std::vector<RemovedCgroup>& deaths,
                                                  Nanoseconds now);

 private:
  struct Still {
    Traffic totals;
    Nanoseconds since{};
  };
  std::map<InterfaceAccount, Still> still_;  // dead, not released, and in the last reading
};

}  // namespace cgtally
