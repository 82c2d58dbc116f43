// SPDX-License-Identifier: Apache-2.0
// Totals of every account, read from mapped memory without a system call for each. A slot is
// believed only once the slot hash or the journal of folds confirms whose it is, because a CPU
// without store order (arm64) may show half a key, and the loser of a race for a new account stamps
// a slot that it then puts back. A reading and its final_totals are of one state of the journal of
// folds; one that a killed keeper left open is read as if it had been ended.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/reading.h"

struct cgt_cell;
struct cgt_retire_entry;
struct cgt_header;
struct cgt_key;

namespace cgtally::bpf {

class Ledger;
class FinalTotalsReader;

struct LedgerReading {
  std::vector<AccountTotals> accounts;
  std::vector<FinalTotals> final_totals;  // since the reading before
  std::uint64_t lost_final_totals = 0;    // the ring of final_totals has lapped this reader
};

class TotalsReader {
 public:
  // The ledger's memory must outlive this.
  explicit TotalsReader(const Ledger& ledger);

  // Each (iface, account) once.
  [[nodiscard]] std::vector<AccountTotals> read();
  // With the final_totals: each account's traffic is in exactly one of the two.
  [[nodiscard]] LedgerReading read(FinalTotalsReader& final_totals);
  [[nodiscard]] std::uint32_t used_slots() const { return used_; }

 private:
  struct Known {
    InterfaceKey iface;  // 0: not yet
    Account account;
  };
  [[nodiscard]] std::uint64_t settled_generation();
  static std::uint32_t state_of(const cgt_retire_entry& entry);
  [[nodiscard]] bool journal_changed() const;
  void read_journal();
  [[nodiscard]] LedgerReading read_with(FinalTotalsReader* final_totals);
  [[nodiscard]] std::vector<AccountTotals> read_once();
  [[nodiscard]] bool confirm(std::uint32_t slot);
  [[nodiscard]] Traffic sum(std::uint32_t slot) const;

  const cgt_header& header_;
  std::span<const cgt_cell> cells_;
  int slots_fd_;
  std::uint32_t rows_;
  std::uint32_t used_ = 0;
  std::uint64_t generation_ = 0;        // that known_ is of
  std::uint64_t stuck_generation_ = 0;  // an odd one that was waited for in vain
  std::vector<std::uint32_t> journal_;  // the states that known_ is of
  std::vector<Known> known_;            // by slot
  // Open folds, by slot: who leaves, and what the account that takes the totals has then.
  std::unordered_map<std::uint32_t, const cgt_retire_entry*> leaving_;
  const cgt_retire_entry* summed_ = nullptr;  // at most one at a time
  std::uint32_t quarantined_ = 0;             // slots of nobody
};

}  // namespace cgtally::bpf
