// SPDX-License-Identifier: Apache-2.0
// Decides which accounts give up their slots while free slots are short, so that new accounts find
// one: those that are idle, the longest idle first, of the subtree of cgroups that holds the most
// slots. So one user who makes cgroups by the thousand loses slots of his own only. The longer a
// subtree's slots are needed, the shorter may its accounts have been idle.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

struct SlotSupply {
  std::uint32_t total = 0;
  std::uint32_t free = 0;
  std::uint32_t coming = 0;  // about to be free
};

// The keeper has one and gives it each reading. Moves nothing itself: RetireJournal does. Sees only
// readings, so an account counts as idle from the reading after its last packet on.
class SlotPressure {
 public:
  // While fewer than a share of the slots is free, accounts that were idle for so long are due.
  struct Stage {
    std::uint32_t share = 0;  // one of so many
    Nanoseconds idle{};
  };
  static constexpr Stage kStages[] = {
      {.share = 4, .idle = std::chrono::minutes{10}},
      {.share = 8, .idle = std::chrono::seconds{2}},
      {.share = 16, .idle = std::chrono::milliseconds{50}},
  };

  struct Cgroups {
    // Empty: not known, so it counts as a child of the root.
    std::function<std::optional<std::uint64_t>(std::uint64_t cgroup_id)> parent_of;
    std::set<std::uint64_t> removed;
  };
  // At most `most`. No account is both moved and moved into.
  [[nodiscard]] std::vector<AccountFold> due(const std::vector<AccountTotals>& accounts,
                                             const SlotSupply& supply, const Cgroups& cgroups,
                                             std::size_t most, Nanoseconds now);

 private:
  struct Unchanged {
    InterfaceAccount account;
    Traffic totals;
    Nanoseconds since{};
  };
  void observe(const std::vector<AccountTotals>& accounts, Nanoseconds now);

  std::vector<Unchanged> unchanged_;  // in the order of their accounts
};

}  // namespace cgtally
