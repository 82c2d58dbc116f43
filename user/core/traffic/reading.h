// SPDX-License-Identifier: Apache-2.0
// A reading of the ledger: the totals of all accounts and the moment at which they were read. The
// moment is taken together with the totals, on CLOCK_BOOTTIME, which runs through suspend; wall
// time is a label.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/shared_text.h"
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

// An account's totals when it was retired or folded: from then on they are part of `(retired)`, or
// of the folded account of a cgroup above. If bytes are counted on the account again, it begins at
// zero.
struct FinalTotals {
  InterfaceKey iface;
  Account account;
  Traffic totals;
  bool folded = false;            // its cgroup lives
  std::uint64_t folded_into = 0;  // the cgroup whose folded account has them; 0 unless folded
  // CLOCK_BOOTTIME; empty if a killed keeper has not written it yet.
  std::optional<Nanoseconds> retired = std::nullopt;
};

struct Reading {
  Moment taken;
  SharedText ledger;                    // its id; changes when totals begin again
  std::vector<AccountTotals> accounts;  // each (iface, account) once
  // The interfaces that are counted now: each gets a row of `(kernel)`, also if nothing was counted
  // on it yet. Empty: every interface that has accounts.
  std::optional<std::vector<InterfaceKey>> attached = std::nullopt;
  // Of the accounts that were retired since the last reading, in that order. In this reading these
  // totals are in `(retired)` alone.
  std::vector<FinalTotals> final_totals = {};
  std::uint64_t lost_final_totals = 0;  // accounts whose final totals were overwritten unread
};

}  // namespace cgtally
