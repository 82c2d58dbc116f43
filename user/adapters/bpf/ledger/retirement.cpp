// SPDX-License-Identifier: Apache-2.0
// Why a kill is harmless, by what the journal says when it comes:
//   none      not begun; or the slot was given back, or is lost until the next keeper finds it.
//   leaving   the totals stand where they stood. All that was done may be done again: the account
//             is taken from the hash only where the hash still means this slot.
//   summed    `sum` and `retired` are final, and readers use them in place of the cells. They are
//             assigned, never added, and the obituary has its number: again is as good as once.
//   resting   all is done but to give the slot back.
// A fold is summed only when none other is, so that no two know different totals of the taker.
#include "adapters/bpf/ledger/retirement.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <type_traits>
#include <utility>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// Beyond the lap of the windows: one may be written a little late.
constexpr Nanoseconds kExtraRest = std::chrono::milliseconds{100};

// After everything before it, before everything after it: for readers, and for whoever comes after
// a kill.
template <typename T>
void mark(T& field, std::type_identity_t<T> value) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  __atomic_store_n(&field, value, __ATOMIC_RELAXED);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

cgt_totals totals_of(const cgt_cell& cell) {
  return {.rx_bytes = cell.rx_bytes,
          .rx_packets = cell.rx_packets,
          .tx_bytes = cell.tx_bytes,
          .tx_packets = cell.tx_packets};
}

void add(cgt_totals& sum, const cgt_totals& more) {
  sum.rx_bytes += more.rx_bytes;
  sum.rx_packets += more.rx_packets;
  sum.tx_bytes += more.tx_bytes;
  sum.tx_packets += more.tx_packets;
}

void set_totals(cgt_cell& cell, const cgt_totals& totals) {
  cell.rx_bytes = totals.rx_bytes;
  cell.rx_packets = totals.rx_packets;
  cell.tx_bytes = totals.tx_bytes;
  cell.tx_packets = totals.tx_packets;
}

cgt_key retired_of(std::uint32_t iface) {
  return {.cgroup_id = 0, .iface = iface, .kind = CGT_RETIRED};
}

cgt_fold leaving_fold(const cgt_key& key, std::uint32_t slot, std::uint32_t into_slot) {
  cgt_fold fold{};
  fold.slot = slot;
  fold.key = key;
  fold.into_slot = into_slot;
  return fold;
}

}  // namespace

Result<Retirement> Retirement::over(Ledger& ledger) {
  auto gone = ledger.reserve(retired_of(CGT_GONE_IFACE));
  if (!gone) return std::unexpected(std::move(gone).error());
  ledger.header().gone_slot = *gone;
  auto ring = FinalTotalsRing::map(ledger, Access::write);
  if (!ring) return std::unexpected(std::move(ring).error());
  return Retirement(ledger, *std::move(ring));
}

cgt_cell& Retirement::cell(std::uint32_t row, std::uint32_t slot) const {
  return ledger_.get().cells()[std::size_t{row} * ledger_.get().slots() + slot];
}

std::size_t Retirement::room() const {
  return static_cast<std::size_t>(
      std::ranges::count(header().folds, CGT_FOLD_NONE, &cgt_fold::state));
}

// Odd only while totals move: readers wait, or read by the journal.
void Retirement::make_fold_seq(bool odd) const {
  auto& seq = header().fold_seq;
  if ((seq % 2 != 0) != odd) mark(seq, seq + 1);
}

void Retirement::announce(std::span<const cgt_fold> leaving) const {
  auto next = leaving.begin();
  for (cgt_fold& fold : header().folds) {
    if (next == leaving.end()) break;
    if (fold.state != CGT_FOLD_NONE) continue;
    fold = *next++;
    mark(fold.state, CGT_FOLD_LEAVING);
  }
  auto& seq = header().fold_seq;
  mark(seq, seq + 2);
}

// If its account came back under another slot after an earlier attempt, that one stays. Programs
// never change or delete what the hash has, so that nothing comes between the two calls.
void Retirement::take_from_hash(const cgt_fold& fold) const {
  const int slots = ledger_.get().fd("slots");
  std::uint32_t slot = 0;
  if (bpf_map_lookup_elem(slots, &fold.key, &slot) == 0 && slot == fold.slot) {
    bpf_map_delete_elem(slots, &fold.key);
  }
}

// No program stamps this slot any more: whoever had found it in the hash has ended. From the next
// run on, no cache takes a packet here.
void Retirement::unstamp(const cgt_fold& fold) const {
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    cgt_key& key = cell(row, fold.slot).key;
    mark(key.iface, 0);
    key.cgroup_id = 0;
    key.kind = 0;
  }
}

// Programs never book on `(retired)`: its totals are in userspace's own row alone.
void Retirement::sum_up(cgt_fold& fold) const {
  fold.sum = {};
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    add(fold.sum, totals_of(cell(row, fold.slot)));
  }
  fold.retired = totals_of(cell(ledger_.get().own_row(), fold.into_slot));
  add(fold.retired, fold.sum);
  fold.obituary = header().obituaries + 1;
  fold.rest_until_ns = 0;
  mark(fold.state, CGT_FOLD_SUMMED);
}

void Retirement::conclude(cgt_fold& fold, Nanoseconds now) {
  if (header().obituaries < fold.obituary) {
    ring_.write({.seq = fold.obituary,
                 .folded_ns = static_cast<std::uint64_t>(now.count()),
                 .key = fold.key,
                 .rx_bytes = fold.sum.rx_bytes,
                 .rx_packets = fold.sum.rx_packets,
                 .tx_bytes = fold.sum.tx_bytes,
                 .tx_packets = fold.sum.tx_packets});
    mark(header().obituaries, fold.obituary);
  }
  set_totals(cell(ledger_.get().own_row(), fold.into_slot), fold.retired);
  for (std::uint32_t row = 0; row < ledger_.get().rows(); ++row) {
    cell(row, fold.slot) = {};
  }
  mark(fold.state, CGT_FOLD_RESTING);
}

Result<void> Retirement::end_open_folds(Nanoseconds now) {
  std::vector<cgt_fold*> leaving;
  for (cgt_fold& fold : header().folds) {
    if (fold.state == CGT_FOLD_SUMMED) conclude(fold, now);
    if (fold.state == CGT_FOLD_LEAVING) leaving.push_back(&fold);
  }
  make_fold_seq(false);
  if (leaving.empty()) return {};
  for (const cgt_fold* fold : leaving) take_from_hash(*fold);
  if (auto waited = ledger_.get().wait_for_running_programs(); !waited) return waited;
  for (const cgt_fold* fold : leaving) unstamp(*fold);
  if (auto waited = ledger_.get().wait_for_running_programs(); !waited) return waited;
  make_fold_seq(true);
  for (cgt_fold* fold : leaving) {
    sum_up(*fold);
    conclude(*fold, now);
  }
  make_fold_seq(false);
  return {};
}

Result<void> Retirement::recover(Nanoseconds now) { return end_open_folds(now); }

Result<std::size_t> Retirement::retire(std::span<const InterfaceAccount> accounts,
                                       Nanoseconds now) {
  if (auto ended = end_open_folds(now); !ended) return std::unexpected(std::move(ended).error());
  std::vector<InterfaceAccount> once(accounts.begin(), accounts.end());
  std::ranges::sort(once);
  once.erase(std::ranges::unique(once).begin(), once.end());
  std::vector<cgt_fold> leaving;
  const std::size_t most = room();
  for (const auto& [iface, account] : once) {
    if (leaving.size() == most) break;
    // The programs of a living interface know the slots of its reasons by heart.
    if (account.kind != AccountKind::cgroup || iface == kGoneInterface) continue;
    const cgt_key key{.cgroup_id = account.cgroup_id, .iface = iface.value, .kind = CGT_CGROUP};
    std::uint32_t slot = 0;
    if (bpf_map_lookup_elem(ledger_.get().fd("slots"), &key, &slot) != 0) continue;
    auto into = ledger_.get().reserve(retired_of(iface.value));
    if (!into) return std::unexpected(std::move(into).error());
    leaving.push_back(leaving_fold(key, slot, *into));
  }
  if (leaving.empty()) return 0;
  announce(leaving);
  if (auto ended = end_open_folds(now); !ended) return std::unexpected(std::move(ended).error());
  return leaving.size();
}

std::vector<cgt_key> Retirement::accounts_of(InterfaceKey iface) const {
  std::vector<cgt_key> keys;
  cgt_key key{};
  const void* previous = nullptr;
  // A walk begins again where an entry vanishes under it: none does, but for our own hands.
  for (std::uint32_t seen = 0; seen < 2 * ledger_.get().slots(); ++seen) {
    if (bpf_map_get_next_key(ledger_.get().fd("slots"), previous, &key) != 0) break;
    if (key.iface == iface.value) keys.push_back(key);
    previous = &key;
  }
  const auto order = [](const cgt_key& k) { return std::pair{k.kind, k.cgroup_id}; };
  std::ranges::sort(keys, {}, order);  // its own (retired) comes last
  keys.erase(std::ranges::unique(keys, {}, order).begin(), keys.end());
  return keys;
}

Result<bool> Retirement::retire_interface(InterfaceKey iface, Nanoseconds now) {
  for (const auto& [key, record] : ledger_.get().interfaces()) {
    if (key == iface.value && (record.hook != CGT_HOOK_NONE || record.to_boot_ns == 0)) {
      return std::unexpected(Error{.what = "retire an interface that is still counted",
                                   .hint = "detach it first",
                                   .code = EBUSY});
    }
  }
  // Ends folds into its own (retired), which is about to leave as well.
  if (auto ended = end_open_folds(now); !ended) return std::unexpected(std::move(ended).error());
  const auto keys = accounts_of(iface);
  const std::size_t count = std::min(keys.size(), room());
  std::vector<cgt_fold> leaving;
  for (const cgt_key& key : std::span(keys).first(count)) {
    std::uint32_t slot = 0;
    if (bpf_map_lookup_elem(ledger_.get().fd("slots"), &key, &slot) != 0) continue;
    leaving.push_back(leaving_fold(key, slot, header().gone_slot));
  }
  announce(leaving);
  if (auto ended = end_open_folds(now); !ended) return std::unexpected(std::move(ended).error());
  if (count < keys.size()) return false;
  ledger_.get().forget_interface(iface.value);
  return true;
}

std::size_t Retirement::free_rested(Nanoseconds now) {
  const auto lap = Nanoseconds{static_cast<std::int64_t>(header().window_ns * CGT_WINDOW_RING)};
  std::size_t freed = 0;
  for (cgt_fold& fold : header().folds) {
    if (fold.state != CGT_FOLD_RESTING) continue;
    // Timed here: the `now` of the fold was taken before its graces.
    if (fold.rest_until_ns == 0) {
      mark(fold.rest_until_ns, static_cast<std::uint64_t>((now + lap + kExtraRest).count()));
    }
    if (static_cast<std::uint64_t>(now.count()) < fold.rest_until_ns) continue;
    const std::uint32_t slot = fold.slot;
    // In this order: a kill between the two loses a slot for a while; the other way round it would
    // be given out twice.
    mark(fold.state, CGT_FOLD_NONE);
    bpf_map_update_elem(ledger_.get().fd("free"), nullptr, &slot, BPF_ANY);
    ++freed;
  }
  return freed;
}

}  // namespace cgtally::bpf
