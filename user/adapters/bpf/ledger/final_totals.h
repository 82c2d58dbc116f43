// SPDX-License-Identifier: Apache-2.0
// The ring of final totals: what each account held when it was retired. The keeper writes it; each
// reader follows it with a cursor of its own, so that a slow recording still gets each account's
// last figures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/reading.h"

struct cgt_cell;
struct cgt_retire_entry;
struct cgt_final_totals;

namespace cgtally::bpf {

// The cgroup whose folded account takes the totals of an open journal entry; 0: (retired) does.
[[nodiscard]] std::uint64_t folded_into(std::span<const cgt_cell> own_row,
                                        const cgt_retire_entry& entry);

// The mapped ring. RetireJournal writes it, FinalTotalsReader reads it. Knows no reader's position.
class FinalTotalsRing {
 public:
  static Result<FinalTotalsRing> map(const Ledger& ledger, Access access);
  FinalTotalsRing(FinalTotalsRing&& other) noexcept;
  FinalTotalsRing& operator=(FinalTotalsRing&& other) noexcept;
  ~FinalTotalsRing();

  [[nodiscard]] std::uint64_t size() const { return entries_.size(); }
  void write(const cgt_final_totals& totals);
  // Empty if the entry was overwritten, is being overwritten now, or is of no account that can be.
  [[nodiscard]] std::optional<FinalTotals> read(std::uint64_t seq) const;

 private:
  explicit FinalTotalsRing(std::span<cgt_final_totals> entries) : entries_(entries) {}
  void unmap();

  std::span<cgt_final_totals> entries_;
};

// One reader's position in the ring. Used by TotalsReader, which combines it with a reading of the
// cells. An entry that was overwritten is reported as lost; an entry of a half-done retirement is
// reported, and only once.
class FinalTotalsReader {
 public:
  // Where the first batch begins: after the latest entry, or with the oldest one that is there.
  enum class From : std::uint8_t { now, oldest };
  // The ledger's memory must outlive this.
  static Result<FinalTotalsReader> open(const Ledger& ledger, From from = From::now);

  struct Batch {
    std::vector<FinalTotals> final_totals;
    std::uint64_t lost = 0;
    std::uint64_t last = 0;  // its number in the ring
  };
  // The entries after the last batch that was accepted; From::now, the first call only finds the
  // position.
  // `summed` is the journal entry in state SUMMED, or null.
  [[nodiscard]] Batch next(const cgt_retire_entry* summed) const;
  void accept(const Batch& batch) { accepted_ = batch.last; }

 private:
  FinalTotalsReader(const Ledger& ledger, FinalTotalsRing ring);

  // The mapped memory: a ledger that is moved leaves it where it is.
  const cgt_header* header_;
  std::span<const cgt_cell> own_row_;
  FinalTotalsRing ring_;
  std::optional<std::uint64_t> accepted_;  // number of the last entry
};

}  // namespace cgtally::bpf
