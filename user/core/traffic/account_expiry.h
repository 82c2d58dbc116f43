// SPDX-License-Identifier: Apache-2.0
// Decides which accounts the keeper may retire: those of a removed cgroup, after its last socket
// has closed or after their totals have not changed for a minute (the kernel releases a cgroup only
// after its memory is uncharged, which can take hours). The time without a change is taken from the
// readings given here alone, so a keeper that has just started waits the whole minute. Retiring
// itself is the ledger's business.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

class AccountExpiry {
 public:
  static constexpr Nanoseconds kUnchangedFor = std::chrono::seconds{60};

  // The accounts of this reading, taken at `now`, that may be retired.
  [[nodiscard]] std::vector<InterfaceAccount> due(const std::vector<AccountTotals>& accounts,
                                                  const std::vector<RemovedCgroup>& removals,
                                                  Nanoseconds now);

 private:
  struct Unchanged {
    Traffic totals;
    Nanoseconds since{};
  };
  // Accounts of the last reading whose cgroup is removed, but not yet released.
  std::map<InterfaceAccount, Unchanged> unchanged_;
};

}  // namespace cgtally
