// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/slot_accounts.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/ledger/ledger.h"

namespace cgtally::bpf {

// Only the slot of a retired account can become another's, and each retirement changes the
// generation. A slot that is leaving is not cached: the end of its quarantine changes nothing that
// this class could see.
std::optional<Account> SlotAccounts::owner_of(std::uint32_t slot) {
  const std::uint64_t seq = retire_generation();
  if (seq != generation_) known_.clear();
  generation_ = seq;
  if (const auto found = known_.find(slot); found != known_.end()) return found->second;
  if (const auto account = leaving(slot)) return account;
  const auto account = staying(slot);
  if (account) known_.emplace(slot, *account);
  return account;
}

std::uint64_t SlotAccounts::retire_generation() const {
  return __atomic_load_n(&ledger_->header().retire_generation, __ATOMIC_ACQUIRE);
}

std::optional<Account> SlotAccounts::leaving(std::uint32_t slot) const {
  for (const cgt_retire_entry& entry : ledger_->header().journal) {
    const std::uint32_t state = __atomic_load_n(&entry.state, __ATOMIC_ACQUIRE);
    if (state != CGT_RETIRE_NONE && entry.slot == slot) return account_in(entry.key);
  }
  return {};
}

// A key in a cell is trusted if the hash confirms it, as totals_reader.h says: on arm64 it may be
// half an earlier account's, whatever the order of these loads.
std::optional<Account> SlotAccounts::staying(std::uint32_t slot) const {
  const std::uint32_t slots = ledger_->slots();
  if (slot >= slots) return {};
  const auto cells = ledger_->cells();
  for (std::uint32_t row = 0; row < ledger_->rows(); ++row) {
    const cgt_key& stamp = cells[std::size_t{row} * slots + slot].key;
    cgt_key key{};
    key.iface = __atomic_load_n(&stamp.iface, __ATOMIC_ACQUIRE);
    key.cgroup_id = __atomic_load_n(&stamp.cgroup_id, __ATOMIC_RELAXED);
    key.kind = __atomic_load_n(&stamp.kind, __ATOMIC_RELAXED);
    std::uint32_t owned = 0;
    if (key.iface == 0) continue;
    if (bpf_map_lookup_elem(ledger_->fd("slots"), &key, &owned) == 0 && owned == slot) {
      return account_in(key);
    }
  }
  return {};
}

}  // namespace cgtally::bpf
