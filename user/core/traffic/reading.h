// SPDX-License-Identifier: Apache-2.0
// One look at the ledger: every account's totals and the moment at which they were read. The moment
// is taken beside the read, on the clock that keeps running through suspend; wall time is a label.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/traffic/account.h"
#include "core/traffic/traffic.h"

namespace cgtally {

struct Moment {
  Nanoseconds boot{};  // CLOCK_BOOTTIME
  Nanoseconds wall{};  // since 1970-01-01 UTC
};

struct AccountTotals {
  InterfaceKey iface;
  Account account;
  Traffic totals;
};

// An account's totals when it was folded: they are in `(retired)` from then on. Should it be booked
// on again, it begins at zero.
struct FinalTotals {
  InterfaceKey iface;
  Account account;
  Traffic totals;
};

struct Reading {
  Moment taken;
  std::string ledger;                   // changes when totals begin again
  std::vector<AccountTotals> accounts;  // each (iface, account) once, in no order
  // The interfaces that are being counted: each is owed a row of `(kernel)`, also when nothing was
  // booked on it yet. Unset: every interface that has accounts.
  std::optional<std::vector<InterfaceKey>> attached = std::nullopt;
  // Since the reading before, in the order in which they came. What they hold is in no account of
  // this reading but `(retired)`.
  std::vector<FinalTotals> final_totals = {};
  std::uint64_t lost_final_totals = 0;  // accounts that were folded, and this reader came too late
};

}  // namespace cgtally
