// SPDX-License-Identifier: Apache-2.0
// The totals of every account, summed over CPUs from mapped memory. A key found in a cell is
// trusted only if cgt_slots or the retire journal maps it to this slot. Two things leave a wrong
// key behind: on weakly ordered CPUs (arm64) a reader may see it half written, and a CPU that loses
// the race to create an account has already written its key into the slot that it gives back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "adapters/bpf/base/arrival_sign.h"
#include "core/base/result.h"
#include "core/traffic/reading.h"

struct cgt_cell;
struct cgt_handshakes;
struct cgt_retire_entry;
struct cgt_header;
struct cgt_key;

namespace cgtally::bpf {

class Ledger;
class FinalTotalsReader;

struct LedgerReading {
  std::vector<AccountTotals> accounts;
  std::vector<FinalTotals> final_totals;  // of accounts retired since the previous reading
  std::uint64_t lost_final_totals = 0;    // the ring of final_totals has lapped this reader
};

// One reader of a ledger's totals, private or pinned. A reading and its final totals are of one
// state of the journal: an account's traffic is in exactly one of the two. A retirement that a
// killed keeper left half done is read as if it had been finished. Writes nothing and takes no
// lock.
class TotalsReader {
 public:
  // The ledger's memory must outlive this.
  explicit TotalsReader(const Ledger& ledger);

  // One entry for each interface and account, in their order.
  [[nodiscard]] std::vector<AccountTotals> read();
  // Also returns the final totals since the previous call with this reader.
  [[nodiscard]] LedgerReading read(FinalTotalsReader& final_totals);
  // The account that the last readings had to leave out, because there is no such kind.
  [[nodiscard]] const std::optional<Error>& damage() const { return damage_; }
  [[nodiscard]] std::uint32_t used_slots() const { return used_; }
  [[nodiscard]] std::uint32_t quarantined_slots() const { return quarantined_; }

 private:
  struct Known {
    InterfaceKey iface;  // 0: not confirmed yet
    Account account;
  };
  [[nodiscard]] std::uint64_t settled_generation();
  static std::uint32_t state_of(const cgt_retire_entry& entry);
  [[nodiscard]] bool journal_changed() const;
  void read_journal();
  [[nodiscard]] LedgerReading read_with(FinalTotalsReader* final_totals);
  [[nodiscard]] std::vector<AccountTotals> read_once();
  void find_new();
  void forget_all();
  [[nodiscard]] bool confirm(std::uint32_t slot);
  [[nodiscard]] Traffic sum(std::uint32_t slot) const;

  const cgt_header& header_;
  std::span<const cgt_cell> cells_;
  std::span<const cgt_handshakes> handshakes_;
  int slots_fd_;
  std::uint32_t rows_;
  std::uint32_t used_ = 0;
  ArrivalSign arrivals_;
  int looks_due_ = 0;                   // at the slots without a known account
  std::uint64_t generation_ = 0;        // for which known_ holds
  std::uint64_t stuck_generation_ = 0;  // an odd one that did not settle
  std::vector<std::uint32_t> journal_;  // the entries' states, likewise
  std::vector<Known> known_;            // by slot
  std::vector<std::uint32_t> order_;    // the known slots, in the order of their accounts
  // Open journal entries, by the slot that is leaving.
  std::unordered_map<std::uint32_t, const cgt_retire_entry*> leaving_;
  const cgt_retire_entry* summed_ = nullptr;  // at most one at a time
  std::uint32_t quarantined_ = 0;             // slots in quarantine
  std::optional<Error> damage_;
};

}  // namespace cgtally::bpf
