// SPDX-License-Identifier: Apache-2.0
// Takes accounts out of the ledger: their totals go to `(retired)` of their interface, those of an
// interface that no longer exists to `(retired)` of `(gone)`, and their slots become free. Each
// step is in the ledger's journal before it is made and may be made again, so that a keeper may be
// killed between any two instructions: whoever comes next ends the work, and no total is off. One
// keeper at a time.
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

class RetireJournal {
 public:
  // The ledger must stay where it is as long as this lives. Reserves the slot of `(gone)`.
  static Result<RetireJournal> open(Ledger& ledger);

  // Ends what a killed keeper began; the first thing that a keeper does. `now` is CLOCK_BOOTTIME.
  Result<void> recover(Nanoseconds now);
  // Folds cgroup accounts that the ledger knows, as many as there is room() for, and says how many.
  // Two graces, of some 10 ms each. Traffic may go on: it begins a new account.
  Result<std::size_t> retire(std::span<const InterfaceAccount> accounts, Nanoseconds now);
  // Folds all accounts of an interface that is not attached, and forgets it. False: room() was not
  // enough, come again.
  Result<bool> retire_interface(InterfaceKey iface, Nanoseconds now);
  // Slots that no window can name any more become free. To be called now and then: a slot rests
  // from the first call after its fold.
  std::size_t release_quarantined(Nanoseconds now);
  // How many accounts can be folded before others have rested.
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
