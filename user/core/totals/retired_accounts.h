// SPDX-License-Identifier: Apache-2.0
// Gives retired accounts back what is in `(retired)` now: their final totals say how much of that
// sum each of them had moved. What is left in `(retired)` belongs to accounts that nobody can name
// any more. The sum of everything stays what the ledger says, whatever the final totals are.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

// The traffic of an account on an interface since the ledger began: of all its lives, as an account
// that was retired may have begun again.
struct LifetimeTotals {
  InterfaceKey iface;
  Account account;
  bool retired = false;  // all of it is in `(retired)`
  Traffic totals;
};

// What an idle account had when it gave up its slot is in the (folded) account of a cgroup above.
// For sums by names it is given back, too, so that folding takes nothing from a name's total.
enum class FoldedTotals : std::uint8_t { stay, give_back };

// `interfaces`: those that the ledger still has. The accounts of another one are on (gone).
// `has_name`: whether a cgroup can still be named; one that cannot stays in `(retired)`.
[[nodiscard]] std::vector<LifetimeTotals> lifetime_totals(
    const std::vector<AccountTotals>& accounts, const std::vector<FinalTotals>& final_totals,
    const std::set<InterfaceKey>& interfaces,
    const std::function<bool(std::uint64_t cgroup_id)>& has_name,
    FoldedTotals folded = FoldedTotals::stay);

}  // namespace cgtally
