// SPDX-License-Identifier: Apache-2.0
// Totals of every account, read from mapped memory without a system call for each. A slot is
// believed only once the slot hash or the journal of folds confirms whose it is, because a CPU
// without store order (arm64) may show half a key, and the loser of a race for a new account stamps
// a slot that it then puts back. A reading is of one moment between two folds, or as if the fold
// that a killed keeper left open had been ended.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/reading.h"
#include "core/result.h"

struct cgt_cell;
struct cgt_fold;
struct cgt_header;
struct cgt_key;

namespace cgtally::bpf {

class Ledger;

class Cells {
 public:
  // The ledger's memory must outlive this.
  explicit Cells(const Ledger& ledger);

  // Each (iface, account) once.
  [[nodiscard]] std::vector<AccountTotals> read();
  [[nodiscard]] std::uint32_t used_slots() const { return used_; }

 private:
  struct Known {
    InterfaceKey iface;  // 0: not yet
    Account account;
  };
  void forget();
  void read_journal();
  [[nodiscard]] std::vector<AccountTotals> read_once();
  [[nodiscard]] bool confirm(std::uint32_t slot);
  [[nodiscard]] Traffic sum(std::uint32_t slot) const;

  const cgt_header& header_;
  std::span<const cgt_cell> cells_;
  int slots_fd_;
  std::uint32_t rows_;
  std::uint32_t used_ = 0;
  std::uint64_t fold_seq_ = 0;  // that known_ is of
  std::vector<Known> known_;    // by slot
  // Open folds, by slot: who leaves, and what the account that takes the totals has then.
  std::unordered_map<std::uint32_t, const cgt_fold*> leaving_;
  std::unordered_map<std::uint32_t, const cgt_fold*> taking_;
};

}  // namespace cgtally::bpf
