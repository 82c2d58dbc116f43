// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/totals_reader.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <tuple>
#include <utility>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/base/slot_totals.h"
#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"

namespace cgtally::bpf {
namespace {

// Moving totals takes microseconds for each account. If it takes longer, the keeper is dead or
// suspended.
constexpr auto kPause = std::chrono::milliseconds{1};
constexpr int kMostPauses = 100;

// After a sign that an account may have come. The second one is for CPUs without store order
// (arm64): the sign may be seen before the key in the account's cell.
constexpr int kLooksAfterArrival = 2;

// One 64-bit load, because the CPU that counts may be writing.
std::uint64_t load(const __u64& counter) { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }

// Memory order: none that could be relied on. Programs store `iface` last, which arm64 may show
// first, with the rest of an earlier account's key. So what is returned is a question to cgt_slots,
// whose lookup is a system call, and never an answer.
cgt_key key_of(const cgt_cell& cell) {
  cgt_key key{};
  key.iface = __atomic_load_n(&cell.key.iface, __ATOMIC_ACQUIRE);
  key.cgroup_id = load(cell.key.cgroup_id);
  key.kind = __atomic_load_n(&cell.key.kind, __ATOMIC_RELAXED);
  return key;
}

// An account whose old slot is leaving may already have a new one. The two stand side by side.
void merge_duplicates(std::vector<AccountTotals>& all) {
  const auto key = [](const AccountTotals& one) { return std::pair{one.iface, one.account}; };
  std::size_t last = 0;
  for (std::size_t at = 1; at < all.size(); ++at) {
    if (key(all[at]) == key(all[last])) {
      all[last].totals += all[at].totals;
    } else {
      all[++last] = all[at];
    }
  }
  if (!all.empty()) all.resize(last + 1);
}

}  // namespace

TotalsReader::TotalsReader(const Ledger& ledger)
    : header_(ledger.header()),
      cells_(ledger.cells()),
      handshakes_(ledger.handshakes()),
      slots_fd_(ledger.fd("slots")),
      rows_(ledger.rows()),
      arrivals_(ledger.header(), ledger.fd("claims")),
      journal_(CGT_RETIRE_ENTRIES),
      known_(ledger.slots()) {}

// The retire generation, even (settled) if possible. A dead keeper is waited for only once.
std::uint64_t TotalsReader::settled_generation() {
  std::uint64_t seq = __atomic_load_n(&header_.retire_generation, __ATOMIC_ACQUIRE);
  for (int pause = 0; seq % 2 != 0 && seq != stuck_generation_; ++pause) {
    if (pause == kMostPauses) {
      stuck_generation_ = seq;
      break;
    }
    std::this_thread::sleep_for(kPause);
    seq = __atomic_load_n(&header_.retire_generation, __ATOMIC_ACQUIRE);
  }
  return seq;
}

// The state as far as totals are concerned: a quarantined slot belongs to no account, like a free
// one.
std::uint32_t TotalsReader::state_of(const cgt_retire_entry& entry) {
  const std::uint32_t state = __atomic_load_n(&entry.state, __ATOMIC_ACQUIRE);
  return state == CGT_RETIRE_QUARANTINED ? std::uint32_t{CGT_RETIRE_NONE} : state;
}

// Memory order: userspace on both sides. The keeper has full fences around each store of a state or
// of the generation (store_in_order); here states are loaded with acquire before the totals, and
// again after a fence behind them: totals of two states do not get into one reading, on any CPU.
// A reading that follows the journal is the same at any point between two changes of a state, also
// if the keeper is killed there.
bool TotalsReader::journal_changed() const {
  std::atomic_thread_fence(std::memory_order_acquire);
  return !std::ranges::equal(header_.journal, journal_, {}, state_of) ||
         __atomic_load_n(&header_.retire_generation, __ATOMIC_ACQUIRE) != generation_;
}

void TotalsReader::forget_all() {
  std::ranges::fill(known_, Known{});
  order_.clear();
  looks_due_ = kLooksAfterArrival;
}

void TotalsReader::read_journal() {
  const std::uint64_t seq = settled_generation();
  if (std::exchange(generation_, seq) != seq || journal_changed()) {
    forget_all();
  }
  leaving_.clear();
  summed_ = nullptr;
  quarantined_ = 0;
  for (std::size_t at = 0; at < journal_.size(); ++at) {
    const cgt_retire_entry& entry = header_.journal[at];
    journal_[at] = state_of(entry);
    if (entry.state == CGT_RETIRE_QUARANTINED) ++quarantined_;
    if (journal_[at] == CGT_RETIRE_NONE) continue;
    // Damaged, which Ledger::check() tells: an index into nothing.
    if (!is_sound(entry, header_, static_cast<std::uint32_t>(known_.size()))) continue;
    leaving_.emplace(entry.slot, &entry);
    if (journal_[at] == CGT_RETIRE_SUMMED) summed_ = &entry;
  }
}

bool TotalsReader::confirm(std::uint32_t slot) {
  const auto know = [&](const cgt_key& key) {
    const auto account = account_in(key);
    if (!account) {
      damage_ = damaged_ledger(fmt::format("slot {} is of an account of kind {}, not of 0 to {}",
                                           slot, key.kind, CGT_KINDS - 1));
      return false;
    }
    known_[slot] = {.iface = InterfaceKey{key.iface}, .account = *account};
    return true;
  };
  if (const auto entry = leaving_.find(slot); entry != leaving_.end()) {
    return know(entry->second->key);
  }
  for (std::uint32_t row = 0; row < rows_; ++row) {
    const cgt_key key = key_of(cells_[row * known_.size() + slot]);
    std::uint32_t owned = 0;
    if (key.iface == 0 || bpf_map_lookup_elem(slots_fd_, &key, &owned) != 0 || owned != slot) {
      continue;
    }
    return know(key);
  }
  return false;
}

Traffic TotalsReader::sum(std::uint32_t slot) const {
  if (summed_ && slot == summed_->into_slot) return into_totals(header_, *summed_).traffic();
  SlotTotals total;
  for (std::uint32_t row = 0; row < rows_; ++row) {
    const std::size_t at = row * known_.size() + slot;
    total += load_totals(cells_[at], handshakes_[at]);
  }
  return total.traffic();
}

// Few slots are new at a time, so sorting once spares every user of a reading the sorting. Most
// readings meet no new one, and a look at the free slots costs more than all the rest.
void TotalsReader::find_new() {
  if (arrivals_.has_changed()) looks_due_ = kLooksAfterArrival;
  if (looks_due_ == 0) return;
  --looks_due_;
  const std::size_t before = order_.size();
  for (std::uint32_t slot = 0; slot < known_.size(); ++slot) {
    if (known_[slot].iface.value == 0 && confirm(slot)) order_.push_back(slot);
  }
  if (order_.size() == before) return;
  std::ranges::sort(order_, {}, [this](std::uint32_t slot) {
    return std::tuple{known_[slot].iface, known_[slot].account, slot};
  });
}

std::vector<AccountTotals> TotalsReader::read_once() {
  find_new();
  std::vector<AccountTotals> all;
  all.reserve(order_.size());
  for (const std::uint32_t slot : order_) {
    if (summed_ && slot == summed_->slot) continue;  // it has ended, and is in the final totals
    all.push_back({known_[slot].iface, known_[slot].account, sum(slot)});
  }
  used_ = static_cast<std::uint32_t>(all.size()) + quarantined_ + (summed_ ? 1 : 0);
  if (!leaving_.empty()) merge_duplicates(all);
  return all;
}

LedgerReading TotalsReader::read_with(FinalTotalsReader* final_totals) {
  while (true) {
    read_journal();
    LedgerReading reading;
    reading.accounts = read_once();
    FinalTotalsReader::Batch ended;
    if (final_totals) ended = final_totals->next(summed_);
    // Accounts that were retired meanwhile were read half before and half after.
    if (!journal_changed()) {
      if (final_totals) final_totals->accept(ended);
      reading.final_totals = std::move(ended.final_totals);
      reading.lost_final_totals = ended.lost;
      return reading;
    }
    stuck_generation_ = 0;
  }
}

std::vector<AccountTotals> TotalsReader::read() { return read_with(nullptr).accounts; }

LedgerReading TotalsReader::read(FinalTotalsReader& final_totals) {
  return read_with(&final_totals);
}

}  // namespace cgtally::bpf
