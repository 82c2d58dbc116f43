// SPDX-License-Identifier: Apache-2.0
// Retires accounts: adds their totals to `(retired)` of their interface (or of `(gone)`, if the
// interface no longer exists) and frees their slots. Folds idle ones in the same way into the
// folded account of a cgroup above. docs/internals/ledger-format.md has the state
// machine and why a kill between any two instructions loses nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/account.h"

struct cgt_handshakes;
struct cgt_retire_entry;

namespace cgtally::bpf {

// The writer of the retire journal in a ledger's header. Used by the keeper alone: one process at a
// time. Each step is recorded before it is made and may be repeated. Does not decide which accounts
// are due (AccountExpiry) and does not forget cgroup names (AccountRetirer).
class RetireJournal {
 public:
  // `ledger` must outlive the result and not be moved. Reserves the slot of `(gone)`.
  static Result<RetireJournal> open(Ledger& ledger);

  // Finishes the entries that a killed keeper left; to be called first.
  Result<void> recover();
  // Retires the cgroup accounts among `accounts` that the ledger has, at most room() of them, and
  // returns how many. Waits for two RCU grace periods, of some 10 ms each. Packets that arrive
  // meanwhile begin a new account.
  Result<std::size_t> retire(std::span<const InterfaceAccount> accounts);
  // The same, into the account that each entry names. Makes that account where it is missing; an
  // entry for which there is neither a free slot nor a spare one is left out. No account that takes
  // totals may be among those that move. Returns those that have moved.
  Result<std::vector<AccountFold>> fold(std::span<const AccountFold> folds);
  // Takes a free slot for fold() to make an account with when none is free any more.
  void keep_spare_slot() { spare_.refill(ledger_); }
  // Retires all accounts of a detached interface and forgets its record. False if room() was too
  // small: call again later.
  Result<bool> retire_interface(InterfaceKey iface);
  // Frees the slots whose quarantine is over, and returns how many. To be called regularly: the
  // quarantine of a slot begins at the first call after its retirement. `now` is CLOCK_BOOTTIME.
  std::size_t release_quarantined(Nanoseconds now);
  // Free journal entries: how many accounts can be retired before quarantined slots are released.
  [[nodiscard]] std::size_t room() const;
  // Some accounts or slots are on their way.
  [[nodiscard]] bool is_open() const;

 private:
  // Given back at the end; after a kill, the next keeper finds it as it does each lost slot.
  class SpareSlot {
   public:
    SpareSlot() = default;
    SpareSlot(const SpareSlot&) = delete;
    SpareSlot& operator=(const SpareSlot&) = delete;
    SpareSlot(SpareSlot&& other) noexcept;
    SpareSlot& operator=(SpareSlot&& other) noexcept;
    ~SpareSlot() { give_back(); }

    void refill(Ledger& ledger);
    void give_back();
    [[nodiscard]] std::optional<std::uint32_t>& slot() { return slot_; }

   private:
    Ledger* ledger_ = nullptr;
    std::optional<std::uint32_t> slot_;
  };

  RetireJournal(Ledger& ledger, FinalTotalsRing ring) : ledger_(ledger), ring_(std::move(ring)) {}

  [[nodiscard]] cgt_header& header() const { return ledger_.get().header(); }
  [[nodiscard]] std::size_t index(std::uint32_t row, std::uint32_t slot) const;
  [[nodiscard]] cgt_cell& cell(std::uint32_t row, std::uint32_t slot) const;
  [[nodiscard]] cgt_handshakes& handshakes(std::uint32_t row, std::uint32_t slot) const;
  [[nodiscard]] std::vector<cgt_key> accounts_of(InterfaceKey iface) const;
  [[nodiscard]] Result<std::optional<cgt_retire_entry>> entry_for(const AccountFold& fold);
  [[nodiscard]] Result<std::uint32_t> slot_to_fold_into(const AccountFold& fold);
  void record_leaving(std::span<const cgt_retire_entry> leaving) const;
  Result<void> finish_open_entries();
  void take_from_hash(const cgt_retire_entry& entry) const;
  void clear_keys(const cgt_retire_entry& entry) const;
  void sum_up(cgt_retire_entry& entry) const;
  void finish(cgt_retire_entry& entry);
  void set_generation(bool odd) const;

  std::reference_wrapper<Ledger> ledger_;
  FinalTotalsRing ring_;
  SpareSlot spare_;
};

}  // namespace cgtally::bpf
