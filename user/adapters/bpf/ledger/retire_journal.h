// SPDX-License-Identifier: Apache-2.0
// Retires accounts: adds their totals to `(retired)` of their interface (or of `(gone)`, if the
// interface no longer exists) and frees their slots. docs/internals/ledger-format.md has the state
// machine and why a kill between any two instructions loses nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/account.h"

struct cgt_retire_entry;

namespace cgtally::bpf {

// The writer of the retire journal in a ledger's header. Used by the keeper alone: one process at a
// time. Each step is recorded before it is made and may be repeated. Does not decide which accounts
// are due (AccountExpiry) and does not forget cgroup names (AccountRetirer).
class RetireJournal {
 public:
  // `ledger` must outlive the result and not be moved. Reserves the slot of `(gone)`.
  static Result<RetireJournal> open(Ledger& ledger);

  // Finishes the entries that a killed keeper left; to be called first. `now` is CLOCK_BOOTTIME.
  Result<void> recover(Nanoseconds now);
  // Retires the cgroup accounts among `accounts` that the ledger has, at most room() of them, and
  // returns how many. Waits for two RCU grace periods, of some 10 ms each. Packets that arrive
  // meanwhile begin a new account.
  Result<std::size_t> retire(std::span<const InterfaceAccount> accounts, Nanoseconds now);
  // Retires all accounts of a detached interface and forgets its record. False if room() was too
  // small: call again later.
  Result<bool> retire_interface(InterfaceKey iface, Nanoseconds now);
  // Frees the slots whose quarantine is over, and returns how many. To be called regularly: the
  // quarantine of a slot begins at the first call after its retirement.
  std::size_t release_quarantined(Nanoseconds now);
  // Free journal entries: how many accounts can be retired before quarantined slots are released.
  [[nodiscard]] std::size_t room() const;

 private:
  RetireJournal(Ledger& ledger, FinalTotalsRing ring) : ledger_(ledger), ring_(std::move(ring)) {}

  [[nodiscard]] cgt_header& header() const { return ledger_.get().header(); }
  [[nodiscard]] cgt_cell& cell(std::uint32_t row, std::uint32_t slot) const;
  [[nodiscard]] std::vector<cgt_key> accounts_of(InterfaceKey iface) const;
  void record_leaving(std::span<const cgt_retire_entry> leaving) const;
  Result<void> finish_open_entries(Nanoseconds now);
  void take_from_hash(const cgt_retire_entry& entry) const;
  void clear_keys(const cgt_retire_entry& entry) const;
  void sum_up(cgt_retire_entry& entry) const;
  void finish(cgt_retire_entry& entry, Nanoseconds now);
  void set_generation(bool odd) const;

  std::reference_wrapper<Ledger> ledger_;
  FinalTotalsRing ring_;
};

}  // namespace cgtally::bpf
