// SPDX-License-Identifier: Apache-2.0
// Why a kill is harmless, by the state of the entry when it happens:
//   none         nothing was recorded; or the slot was given back; or it is lost until the next
//                keeper finds it (lost_slots.h).
//   leaving      all totals are where they were. Every step may be repeated: the account is deleted
//                from the hash only if the hash still maps it to this slot.
//   summed       `sum` and `into_totals` are final, and readers use them instead of the cells. They
//                are assigned, never added, and the final totals have a number: repeating is safe.
//   quarantined  all that is left to do is to free the slot.
// At most one entry is in state SUMMED. Each stores the new total of the account that receives the
// sums; a second one would store a total without the first one's share, and assigning it would undo
// the first.
#include "adapters/bpf/ledger/retire_journal.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <set>
#include <span>
#include <type_traits>
#include <utility>

#include "adapters/bpf/base/map_batches.h"
#include "adapters/bpf/base/slot_totals.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// Added to the ring length: a CPU may write its last window a little late.
constexpr Nanoseconds kQuarantineMargin = std::chrono::milliseconds{100};

// A store that no other store passes, in either direction: for readers, and for the keeper that
// continues after a kill.
template <typename T>
void store_in_order(T& field, std::type_identity_t<T> value) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  __atomic_store_n(&field, value, __ATOMIC_RELAXED);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

cgt_key retired_of(std::uint32_t iface) {
  return {.cgroup_id = 0, .iface = iface, .kind = CGT_RETIRED};
}

cgt_retire_entry leaving_entry(const cgt_key& key, std::uint32_t slot, std::uint32_t into_slot) {
  cgt_retire_entry entry{};
  entry.slot = slot;
  entry.key = key;
  entry.into_slot = into_slot;
  return entry;
}

}  // namespace

Result<RetireJournal> RetireJournal::open(Ledger& ledger) {
  auto gone = ledger.reserve(retired_of(CGT_GONE_IFACE));
  if (!gone) return std::unexpected(std::move(gone).error());
  ledger.header().gone_slot = *gone;
  auto ring = FinalTotalsRing::map(ledger, Access::write);
  if (!ring) return std::unexpected(std::move(ring).error());
  return RetireJournal(ledger, *std::move(ring));
}

std::size_t RetireJournal::index(std::uint32_t row, std::uint32_t slot) const {
  return std::size_t{row} * ledger_.get().slots() + slot;
}

cgt_cell& RetireJournal::cell(std::uint32_t row, std::uint32_t slot) const {
  return ledger_.get().cells()[index(row, slot)];
}

cgt_handshakes& RetireJournal::handshakes(std::uint32_t row, std::uint32_t slot) const {
  return ledger_.get().handshakes()[index(row, slot)];
}

std::size_t RetireJournal::room() const {
  return static_cast<std::size_t>(
      std::ranges::count(header().journal, CGT_RETIRE_NONE, &cgt_retire_entry::state));
}

bool RetireJournal::is_open() const { return room() < std::size(header().journal); }

// Odd only while totals move: readers then wait, or follow the journal.
void RetireJournal::set_generation(bool odd) const {
  auto& seq = header().retire_generation;
  if ((seq % 2 != 0) != odd) store_in_order(seq, seq + 1);
}

void RetireJournal::record_leaving(std::span<const cgt_retire_entry> leaving) const {
  auto next = leaving.begin();
  for (cgt_retire_entry& entry : header().journal) {
    if (next == leaving.end()) break;
    if (entry.state != CGT_RETIRE_NONE) continue;
    // All but `state`, which readers look at meanwhile.
    static_assert(offsetof(cgt_retire_entry, state) == 0);
    constexpr std::size_t kState = sizeof(entry.state);
    std::ranges::copy(std::as_bytes(std::span(&*next++, 1)).subspan(kState),
                      std::as_writable_bytes(std::span(&entry, 1)).subspan(kState).begin());
    store_in_order(entry.state, CGT_RETIRE_LEAVING);
  }
  auto& seq = header().retire_generation;
  store_in_order(seq, seq + 2);
}

// If the account has meanwhile got another slot, that one stays in the hash. Programs never change
// or delete an entry of the hash, so nothing can happen between the two calls.
void RetireJournal::take_from_hash(const cgt_retire_entry& entry) const {
  const int slots = ledger_.get().fd("slots");
  std::uint32_t slot = 0;
  if (bpf_map_lookup_elem(slots, &entry.key, &slot) == 0 && slot == entry.slot) {
    bpf_map_delete_elem(slots, &entry.key);
  }
}

// No program writes a key to this slot any more: every run that found the slot in the hash has
// ended. Once the keys are cleared, no cache entry can lead a packet here.
void RetireJournal::clear_keys(const cgt_retire_entry& entry) const {
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    cgt_key& key = cell(row, entry.slot).key;
    store_in_order(key.iface, 0);
    __atomic_store_n(&key.cgroup_id, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&key.kind, 0, __ATOMIC_RELAXED);
  }
}

// Programs never count on `(retired)`: its totals are in userspace's row only.
void RetireJournal::sum_up(cgt_retire_entry& entry) const {
  SlotTotals sum;
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    sum += load_totals(cell(row, entry.slot), handshakes(row, entry.slot));
  }
  const std::uint32_t own = ledger_.get().own_row();
  SlotTotals into = load_totals(cell(own, entry.into_slot), handshakes(own, entry.into_slot));
  into += sum;
  entry.sum = sum.counted;
  entry.into_totals = into.counted;
  header().journal_tcp[&entry - header().journal] = {.sum = sum.tcp, .into_totals = into.tcp};
  entry.final_totals_seq = header().final_totals_written + 1;
  entry.quarantined_until_ns = 0;
  store_in_order(entry.state, CGT_RETIRE_SUMMED);
}

void RetireJournal::finish(cgt_retire_entry& entry) {
  if (header().final_totals_written < entry.final_totals_seq) {
    const std::uint64_t into = folded_into(ledger_.get().own_cells(), entry);
    if (into != 0) ++header().folded;
    ring_.write({.seq = entry.final_totals_seq,
                 .folded_into = into,
                 .key = entry.key,
                 .rx_bytes = entry.sum.rx_bytes,
                 .rx_packets = entry.sum.rx_packets,
                 .tx_bytes = entry.sum.tx_bytes,
                 .tx_packets = entry.sum.tx_packets,
                 .tcp = tcp_of(header(), entry).sum,
                 .retired_ns = static_cast<std::uint64_t>(sys::now().boot.count()),
                 .reserved = 0});
    store_in_order(header().final_totals_written, entry.final_totals_seq);
  }
  const std::uint32_t own = ledger_.get().own_row();
  store_totals(cell(own, entry.into_slot), handshakes(own, entry.into_slot),
               into_totals(header(), entry));
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    cell(row, entry.slot) = {};
    handshakes(row, entry.slot) = {};
  }
  store_in_order(entry.state, CGT_RETIRE_QUARANTINED);
}

Result<void> RetireJournal::finish_open_entries() {
  if (auto sound = ledger_.get().check(); !sound) return sound;
  std::vector<cgt_retire_entry*> leaving;
  for (cgt_retire_entry& entry : header().journal) {
    if (entry.state == CGT_RETIRE_SUMMED) finish(entry);
    if (entry.state == CGT_RETIRE_LEAVING) leaving.push_back(&entry);
  }
  set_generation(false);
  if (leaving.empty()) return {};
  for (const cgt_retire_entry* entry : leaving) take_from_hash(*entry);
  if (auto waited = ledger_.get().wait_for_running_programs(); !waited) return waited;
  for (const cgt_retire_entry* entry : leaving) clear_keys(*entry);
  if (auto waited = ledger_.get().wait_for_running_programs(); !waited) return waited;
  set_generation(true);
  for (cgt_retire_entry* entry : leaving) {
    sum_up(*entry);
    finish(*entry);
  }
  set_generation(false);
  return {};
}

Result<void> RetireJournal::recover() { return finish_open_entries(); }

Result<std::size_t> RetireJournal::retire(std::span<const InterfaceAccount> accounts) {
  std::vector<AccountFold> folds;
  folds.reserve(accounts.size());
  for (const InterfaceAccount& account : accounts) folds.push_back({.account = account, .into = 0});
  const auto moved = fold(folds);
  if (!moved) return std::unexpected(moved.error());
  return moved->size();
}

// Its key is in userspace's row, from which finish() and readers know what it is.
Result<std::uint32_t> RetireJournal::slot_to_fold_into(const AccountFold& fold) {
  const std::uint32_t iface = fold.account.iface.value;
  if (fold.into == 0) return ledger_.get().reserve(retired_of(iface));
  const cgt_key key{.cgroup_id = fold.into, .iface = iface, .kind = CGT_FOLDED};
  return ledger_.get().reserve(key, &spare_.slot());
}

// Empty: there is nothing to move, or nowhere to move it to.
Result<std::optional<cgt_retire_entry>> RetireJournal::entry_for(const AccountFold& fold) {
  const auto& [iface, account] = fold.account;
  // The slots of an attached interface's reasons are constants in its programs.
  if (!has_cgroup(account.kind) || iface == kGoneInterface) return std::nullopt;
  const cgt_key key{.cgroup_id = account.cgroup_id,
                    .iface = iface.value,
                    .kind = static_cast<std::uint32_t>(account.kind)};
  std::uint32_t slot = 0;
  if (bpf_map_lookup_elem(ledger_.get().fd("slots"), &key, &slot) != 0) return std::nullopt;
  if (slot >= ledger_.get().slots()) return std::nullopt;
  const auto into = slot_to_fold_into(fold);
  if (into && *into != slot) return leaving_entry(key, slot, *into);
  if (into || (fold.into != 0 && into.error().code == ENOSPC)) return std::nullopt;
  return std::unexpected(into.error());
}

Result<std::vector<AccountFold>> RetireJournal::fold(std::span<const AccountFold> folds) {
  if (auto ended = finish_open_entries(); !ended) return std::unexpected(std::move(ended).error());
  const std::size_t most = room();
  std::vector<AccountFold> once(folds.begin(), folds.end());
  std::ranges::sort(once, {}, &AccountFold::account);
  const auto twice = std::ranges::unique(once, {}, &AccountFold::account);
  once.erase(twice.begin(), once.end());
  std::vector<cgt_retire_entry> leaving;
  std::vector<AccountFold> moved;
  std::set<std::uint32_t> taking;
  for (const AccountFold& fold : once) {
    if (leaving.size() == most) break;
    auto entry = entry_for(fold);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) continue;
    taking.insert((*entry)->into_slot);
    leaving.push_back(**entry);
    moved.push_back(fold);
  }
  if (std::ranges::any_of(leaving, [&](const auto& one) { return taking.contains(one.slot); })) {
    return std::unexpected(Error{.what = "fold an account that takes totals of others",
                                 .hint = "this is a fault of cgtally: please report it",
                                 .code = EINVAL});
  }
  if (leaving.empty()) return moved;
  record_leaving(leaving);
  if (auto ended = finish_open_entries(); !ended) return std::unexpected(std::move(ended).error());
  return moved;
}

RetireJournal::SpareSlot::SpareSlot(SpareSlot&& other) noexcept
    : ledger_(other.ledger_), slot_(std::exchange(other.slot_, std::nullopt)) {}

RetireJournal::SpareSlot& RetireJournal::SpareSlot::operator=(SpareSlot&& other) noexcept {
  if (this != &other) {
    give_back();
    ledger_ = other.ledger_;
    slot_ = std::exchange(other.slot_, std::nullopt);
  }
  return *this;
}

void RetireJournal::SpareSlot::refill(Ledger& ledger) {
  std::uint32_t slot = 0;
  if (slot_ || bpf_map_lookup_and_delete_elem(ledger.fd("free"), nullptr, &slot) != 0) return;
  if (slot >= ledger.slots()) return;
  ledger_ = &ledger;
  slot_ = slot;
  // Blank, so that it is found if this process is killed.
  for (std::uint32_t row = 0; row < ledger.rows(); ++row) {
    ledger.cells()[std::size_t{row} * ledger.slots() + slot].key = {};
  }
}

void RetireJournal::SpareSlot::give_back() {
  if (!slot_) return;
  bpf_map_update_elem(ledger_->fd("free"), nullptr, &*slot_, BPF_ANY);
  slot_.reset();
}

std::vector<cgt_key> RetireJournal::accounts_of(InterfaceKey iface) const {
  std::vector<cgt_key> keys;
  (void)for_each_batch<std::uint32_t, cgt_key>(
      ledger_.get().fd("slots"), "list the slots",
      [&](std::span<const cgt_key> listed, std::span<const std::uint32_t>) {
        std::ranges::copy_if(listed, std::back_inserter(keys),
                             [iface](const cgt_key& key) { return key.iface == iface.value; });
      });
  const auto order = [](const cgt_key& k) { return std::pair{k.kind, k.cgroup_id}; };
  std::ranges::sort(keys, {}, order);  // its own (retired) comes last
  keys.erase(std::ranges::unique(keys, {}, order).begin(), keys.end());
  return keys;
}

Result<bool> RetireJournal::retire_interface(InterfaceKey iface) {
  for (const auto& [key, record] : ledger_.get().interfaces()) {
    if (key == iface.value && (record.hook != CGT_HOOK_NONE || record.to_boot_ns == 0)) {
      return std::unexpected(Error{.what = "retire an interface that is still counted",
                                   .hint = "detach it first",
                                   .code = EBUSY});
    }
  }
  // First finishes entries whose totals go to this interface's (retired): it is retired as well.
  if (auto ended = finish_open_entries(); !ended) return std::unexpected(std::move(ended).error());
  const auto keys = accounts_of(iface);
  const std::size_t count = std::min(keys.size(), room());
  std::vector<cgt_retire_entry> leaving;
  for (const cgt_key& key : std::span(keys).first(count)) {
    std::uint32_t slot = 0;
    if (bpf_map_lookup_elem(ledger_.get().fd("slots"), &key, &slot) != 0) continue;
    if (slot >= ledger_.get().slots()) continue;
    leaving.push_back(leaving_entry(key, slot, header().gone_slot));
  }
  record_leaving(leaving);
  if (auto ended = finish_open_entries(); !ended) return std::unexpected(std::move(ended).error());
  if (count < keys.size()) return false;
  ledger_.get().forget_interface(iface.value);
  return true;
}

std::size_t RetireJournal::release_quarantined(Nanoseconds now) {
  const auto ring_length =
      Nanoseconds{static_cast<std::int64_t>(header().window_ns * CGT_WINDOW_RING)};
  std::size_t freed = 0;
  if (!ledger_.get().check()) return freed;
  for (cgt_retire_entry& entry : header().journal) {
    if (entry.state != CGT_RETIRE_QUARANTINED) continue;
    // Set here, after the two grace periods of the retirement.
    if (entry.quarantined_until_ns == 0) {
      store_in_order(entry.quarantined_until_ns,
                     static_cast<std::uint64_t>((now + ring_length + kQuarantineMargin).count()));
    }
    if (static_cast<std::uint64_t>(now.count()) < entry.quarantined_until_ns) continue;
    const std::uint32_t slot = entry.slot;
    // In this order: a kill between the two loses the slot for a while. In the other order, the
    // slot would be given out twice.
    store_in_order(entry.state, CGT_RETIRE_NONE);
    bpf_map_update_elem(ledger_.get().fd("free"), nullptr, &slot, BPF_ANY);
    ++freed;
  }
  return freed;
}

}  // namespace cgtally::bpf
