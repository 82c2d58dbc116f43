// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/final_totals.h"

#include <sys/mman.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/base/slot_totals.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// Empty if there are no such accounts.
std::optional<FinalTotals> final_totals_of(const cgt_key& key, const SlotTotals& totals,
                                           std::uint64_t into) {
  const auto account = account_in(key);
  if (!account) return std::nullopt;
  return FinalTotals{.iface = InterfaceKey{key.iface},
                     .account = *account,
                     .totals = totals.traffic(),
                     .folded = into != 0,
                     .folded_into = into};
}

SlotTotals totals_in(const cgt_final_totals& entry) {
  return {.counted = {.rx_bytes = entry.rx_bytes,
                      .rx_packets = entry.rx_packets,
                      .tx_bytes = entry.tx_bytes,
                      .tx_packets = entry.tx_packets},
          .tcp = entry.tcp};
}

}  // namespace

std::uint64_t folded_into(std::span<const cgt_cell> own_row, const cgt_retire_entry& entry) {
  const cgt_key& into = own_row[entry.into_slot].key;
  return into.kind == CGT_FOLDED ? into.cgroup_id : 0;
}

Result<FinalTotalsRing> FinalTotalsRing::map(const Ledger& ledger, Access access) {
  const std::size_t count = final_totals_entries({.slots = ledger.slots(), .rows = ledger.rows()});
  const int protection = PROT_READ | (access == Access::write ? PROT_WRITE : 0);
  void* at = mmap(nullptr, count * sizeof(cgt_final_totals), protection, MAP_SHARED,
                  ledger.fd("final_totals"), 0);
  if (at == MAP_FAILED) return std::unexpected(sys::error_from(errno, "map the final totals"));
  return FinalTotalsRing({static_cast<cgt_final_totals*>(at), count});
}

FinalTotalsRing::FinalTotalsRing(FinalTotalsRing&& other) noexcept
    : entries_(std::exchange(other.entries_, {})) {}

FinalTotalsRing& FinalTotalsRing::operator=(FinalTotalsRing&& other) noexcept {
  if (this != &other) {
    unmap();
    entries_ = std::exchange(other.entries_, {});
  }
  return *this;
}

FinalTotalsRing::~FinalTotalsRing() { unmap(); }

void FinalTotalsRing::unmap() {
  if (!entries_.empty()) munmap(entries_.data(), entries_.size_bytes());
}

// Memory order, here and in read(): userspace on both sides. A release fence keeps the zero before
// the fields, the release store keeps them before the number; the reader's acquire load and fence
// are their counterparts. So an entry whose number is the same before and after is whole, on any
// CPU.
void FinalTotalsRing::write(const cgt_final_totals& totals) {
  cgt_final_totals& entry = entries_[totals.seq % entries_.size()];
  __atomic_store_n(&entry.seq, 0, __ATOMIC_RELAXED);
  std::atomic_thread_fence(std::memory_order_release);
  cgt_final_totals copy = totals;
  copy.seq = 0;
  entry = copy;
  __atomic_store_n(&entry.seq, totals.seq, __ATOMIC_RELEASE);
}

std::optional<FinalTotals> FinalTotalsRing::read(std::uint64_t seq) const {
  const cgt_final_totals& entry = entries_[seq % entries_.size()];
  if (__atomic_load_n(&entry.seq, __ATOMIC_ACQUIRE) != seq) return std::nullopt;
  auto ended = final_totals_of(entry.key, totals_in(entry), entry.folded_into);
  if (ended) ended->retired = time_in(entry.retired_ns);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (__atomic_load_n(&entry.seq, __ATOMIC_RELAXED) != seq) return std::nullopt;
  return ended;
}

Result<FinalTotalsReader> FinalTotalsReader::open(const Ledger& ledger, From from) {
  auto ring = FinalTotalsRing::map(ledger, Access::read);
  if (!ring) return std::unexpected(std::move(ring).error());
  FinalTotalsReader reader(ledger, *std::move(ring));
  if (from == From::oldest) reader.accepted_ = 0;
  return reader;
}

FinalTotalsReader::FinalTotalsReader(const Ledger& ledger, FinalTotalsRing ring)
    : header_(&ledger.header()), own_row_(ledger.own_cells()), ring_(std::move(ring)) {}

// An account has ended once its journal entry is SUMMED: its final totals have a number then, but
// may not be in the ring yet. At most one entry is SUMMED, so at most the last number is missing.
FinalTotalsReader::Batch FinalTotalsReader::next(const cgt_retire_entry* summed) const {
  const std::uint64_t written = __atomic_load_n(&header_->final_totals_written, __ATOMIC_ACQUIRE);
  Batch batch;
  batch.last = summed ? std::max<std::uint64_t>(written, summed->final_totals_seq) : written;
  if (!accepted_) return batch;
  // A damaged count may have gone back or be the highest number of all.
  if (batch.last <= *accepted_) return batch;
  std::uint64_t seq = *accepted_ + 1;
  if (written > *accepted_ && written - *accepted_ > ring_.size()) {
    batch.lost = written - *accepted_ - ring_.size();
    seq += batch.lost;
  }
  for (const std::uint64_t end = batch.last; seq - 1 != end; ++seq) {
    const auto ended = summed && seq == summed->final_totals_seq
                           ? final_totals_of(summed->key, summed_totals(*header_, *summed),
                                             folded_into(own_row_, *summed))
                           : ring_.read(seq);
    if (ended) {
      batch.final_totals.push_back(*ended);
    } else {
      ++batch.lost;
    }
  }
  return batch;
}

}  // namespace cgtally::bpf
