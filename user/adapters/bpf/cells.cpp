// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cells.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "adapters/bpf/ledger.h"

namespace cgtally::bpf {
namespace {

// A fold takes microseconds for each account. If it takes longer its keeper is dead or suspended.
constexpr auto kPause = std::chrono::milliseconds{1};
constexpr int kPatience = 100;

// One 64-bit load; the CPU that counts may be writing.
std::uint64_t load(const __u64& counter) { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }

Traffic traffic_of(const cgt_cell& cell) {
  return {.rx_bytes = Bytes{load(cell.rx_bytes)},
          .rx_packets = Packets{load(cell.rx_packets)},
          .tx_bytes = Bytes{load(cell.tx_bytes)},
          .tx_packets = Packets{load(cell.tx_packets)}};
}

Traffic traffic_of(const cgt_totals& totals) {
  return {.rx_bytes = Bytes{totals.rx_bytes},
          .rx_packets = Packets{totals.rx_packets},
          .tx_bytes = Bytes{totals.tx_bytes},
          .tx_packets = Packets{totals.tx_packets}};
}

cgt_key key_of(const cgt_cell& cell) {
  cgt_key key{};
  key.iface = __atomic_load_n(&cell.key.iface, __ATOMIC_ACQUIRE);
  key.cgroup_id = load(cell.key.cgroup_id);
  key.kind = __atomic_load_n(&cell.key.kind, __ATOMIC_RELAXED);
  return key;
}

// The sequence of folds, even if one can be had.
std::uint64_t quiet_fold_seq(const cgt_header& header) {
  std::uint64_t seq = __atomic_load_n(&header.fold_seq, __ATOMIC_ACQUIRE);
  for (int pause = 0; seq % 2 != 0 && pause < kPatience; ++pause) {
    std::this_thread::sleep_for(kPause);
    seq = __atomic_load_n(&header.fold_seq, __ATOMIC_ACQUIRE);
  }
  return seq;
}

// An account whose slot is leaving may have a new one already.
void merge_twice_booked(std::vector<AccountTotals>& all) {
  const auto key = [](const AccountTotals& one) { return std::pair{one.iface, one.account}; };
  std::ranges::sort(all, {}, key);
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

Cells::Cells(const Ledger& ledger)
    : header_(ledger.header()),
      cells_(ledger.cells()),
      slots_fd_(ledger.fd("slots")),
      rows_(ledger.rows()),
      known_(ledger.slots()) {}

void Cells::forget() {
  std::ranges::fill(known_, Known{});
  used_ = 0;
}

void Cells::read_journal() {
  leaving_.clear();
  taking_.clear();
  for (const cgt_fold& fold : header_.folds) {
    const std::uint32_t state = __atomic_load_n(&fold.state, __ATOMIC_ACQUIRE);
    if (state != CGT_FOLD_LEAVING && state != CGT_FOLD_SUMMED) continue;
    leaving_.emplace(fold.slot, &fold);
    if (state == CGT_FOLD_SUMMED) taking_.emplace(fold.into_slot, &fold);
  }
}

bool Cells::confirm(std::uint32_t slot) {
  const auto know = [&](const cgt_key& key) {
    known_[slot].iface = InterfaceKey{key.iface};
    known_[slot].account = {static_cast<AccountKind>(key.kind), key.cgroup_id};
    ++used_;
    return true;
  };
  if (const auto fold = leaving_.find(slot); fold != leaving_.end()) {
    return know(fold->second->key);
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

Traffic Cells::sum(std::uint32_t slot) const {
  const auto fold = leaving_.find(slot);
  if (fold != leaving_.end() &&
      __atomic_load_n(&fold->second->state, __ATOMIC_ACQUIRE) == CGT_FOLD_SUMMED) {
    return {};
  }
  if (const auto taken = taking_.find(slot); taken != taking_.end()) {
    return traffic_of(taken->second->retired);
  }
  Traffic total;
  for (std::uint32_t row = 0; row < rows_; ++row) {
    total += traffic_of(cells_[row * known_.size() + slot]);
  }
  return total;
}

std::vector<AccountTotals> Cells::read_once() {
  std::vector<AccountTotals> all;
  for (std::uint32_t slot = 0; slot < known_.size(); ++slot) {
    if (known_[slot].iface.value == 0 && !confirm(slot)) continue;
    all.push_back({known_[slot].iface, known_[slot].account, sum(slot)});
  }
  if (!leaving_.empty()) merge_twice_booked(all);
  return all;
}

std::vector<AccountTotals> Cells::read() {
  while (true) {
    const std::uint64_t seq = quiet_fold_seq(header_);
    if (seq != fold_seq_) forget();
    fold_seq_ = seq;
    read_journal();
    auto all = read_once();
    // What left since then was read half before and half after.
    if (__atomic_load_n(&header_.fold_seq, __ATOMIC_ACQUIRE) == seq) return all;
  }
}

}  // namespace cgtally::bpf
