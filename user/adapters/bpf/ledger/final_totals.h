// SPDX-License-Identifier: Apache-2.0
// The final_totals of accounts, from a ring that the keeper writes and any number of readers
// follow, each with a cursor of its own. An entry that is being overwritten is never used: it
// counts as lost. The ended of a fold that a killed keeper left half done is told as well, and
// told once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/reading.h"

struct cgt_retire_entry;
struct cgt_final_totals;

namespace cgtally::bpf {

// The ring itself, in shared memory.
class FinalTotalsRing {
 public:
  static Result<FinalTotalsRing> map(const Ledger& ledger, Access access);
  FinalTotalsRing(FinalTotalsRing&& other) noexcept;
  FinalTotalsRing& operator=(FinalTotalsRing&& other) noexcept;
  ~FinalTotalsRing();

  [[nodiscard]] std::uint64_t size() const { return entries_.size(); }
  void write(const cgt_final_totals& totals);
  // None if it has been overwritten, or is being.
  [[nodiscard]] std::optional<FinalTotals> read(std::uint64_t seq) const;

 private:
  explicit FinalTotalsRing(std::span<cgt_final_totals> entries) : entries_(entries) {}
  void unmap();

  std::span<cgt_final_totals> entries_;
};

class FinalTotalsReader {
 public:
  // The ledger's memory must outlive this.
  static Result<FinalTotalsReader> open(const Ledger& ledger);

  struct Look {
    std::vector<FinalTotals> final_totals;
    std::uint64_t lost = 0;
    std::uint64_t last = 0;
  };
  // What has ended since the last look that was taken; nothing the first time, when all is past.
  // `summed` is the fold in whose midst the journal is, if any.
  [[nodiscard]] Look look(const cgt_retire_entry* summed) const;
  void take(const Look& look) { taken_ = look.last; }

 private:
  FinalTotalsReader(const cgt_header& header, FinalTotalsRing ring)
      : header_(&header), ring_(std::move(ring)) {}

  const cgt_header* header_;
  FinalTotalsRing ring_;
  std::optional<std::uint64_t> taken_;  // the seq of the last one
};

}  // namespace cgtally::bpf
