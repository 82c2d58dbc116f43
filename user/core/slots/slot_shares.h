// SPDX-License-Identifier: Apache-2.0
// Shares the free slots out among the subtrees of cgroups, so that a crowd of new cgroups finds the
// end of its share before it finds the end of the slots, however fast it comes. What goes beyond a
// share is counted on the account of the subtree's topmost cgroup.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/traffic/reading.h"
#include "core/traffic/slot_pressure.h"

namespace cgtally {

inline constexpr std::uint64_t kRootOfCgroups = 1;
// Stands for all cgroups whose ancestors are not known.
inline constexpr std::uint64_t kUnknownSubtree = ~std::uint64_t{0};

// What the cgroups below a cgroup have taken so far, as the kernel side counts.
struct SlotClaims {
  std::uint64_t cgroup_id = 0;
  std::uint64_t made = 0;    // slots; rises only
  std::uint64_t beyond = 0;  // packets and super-packets for which the share was used up
};

// Up to which value of SlotClaims::made slots are given out.
struct SlotAllowance {
  std::uint64_t cgroup_id = 0;
  std::uint64_t allowed = 0;
  std::uint64_t free = 0;  // in the root's: of this, subtrees without an allowance take a part
  auto operator<=>(const SlotAllowance&) const = default;
};

// Empty: not known; 0 or 1: a child of the root.
using ParentOf = std::function<std::optional<std::uint64_t>(std::uint64_t cgroup_id)>;

// For the root, and for each subtree with claims or accounts, in the order of the ids. `claims` are
// older than `accounts`: what is given out in between counts twice, and so too much by none.
[[nodiscard]] std::vector<SlotAllowance> share_out_slots(const std::vector<SlotClaims>& claims,
                                                         const std::vector<AccountTotals>& accounts,
                                                         const SlotSupply& supply,
                                                         const ParentOf& parent_of);

// Those of subtrees that hold no slot: their entries may go.
[[nodiscard]] std::vector<std::uint64_t> claims_without_slots(
    const std::vector<SlotClaims>& claims, const std::vector<AccountTotals>& accounts,
    const ParentOf& parent_of);

}  // namespace cgtally
