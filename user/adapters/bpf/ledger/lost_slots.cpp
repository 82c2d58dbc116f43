// SPDX-License-Identifier: Apache-2.0
// A BPF queue cannot be searched, but it can be rotated: each slot that is popped is pushed back at
// once. A rotation meets every slot that stays in the queue, because later pushes go to its end. A
// program may meanwhile hold a slot, or give one back after another program won the race.
//
// Why a slot that is found lost is held by no one. Let its cells be blank at time a and still at d;
// let a rotation from b to c not meet it; let one RCU grace period lie between a and b and another
// between c and d; and let no account have the slot at d.
//   - No program popped it between a and c: that run would have ended by d, and a run that pops a
//     slot writes a cgroup id into its cell, which only a keeper clears.
//   - No program popped it before a: that run ended before b, and wrote before it ended.
//   - So if the slot was in the queue at b, it stayed there until the rotation met it. And no run
//     pushed it between b and c, because none had it.
//   - If no account has it at d, none had it at b: only the keeper takes slots from accounts.
// A slot whose cell is not blank, as after a lost race for an account, stays lost until the free
// slots are rebuilt.
#include "adapters/bpf/ledger/lost_slots.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

class Suspects {
 public:
  explicit Suspects(Ledger& ledger) : ledger_(ledger), suspect_(ledger.slots(), true) {}

  [[nodiscard]] bool any() const { return std::ranges::find(suspect_, true) != suspect_.end(); }
  [[nodiscard]] bool has(std::uint32_t slot) const { return suspect_[slot]; }

  Result<void> clear_those_in_use() {
    const auto used = ledger_.slots_in_use();
    if (!used) return std::unexpected(used.error());
    for (std::uint32_t slot = 0; slot < suspect_.size(); ++slot) {
      if ((*used)[slot]) suspect_[slot] = false;
    }
    return {};
  }

  void clear_those_not_blank() {
    for (std::uint32_t slot = 0; slot < suspect_.size(); ++slot) {
      if (suspect_[slot] && !is_blank(slot)) suspect_[slot] = false;
    }
  }

  Result<void> clear_those_in_queue() {
    const int queue = ledger_.fd("free");
    for (std::size_t turned = 0; turned < suspect_.size(); ++turned) {
      std::uint32_t slot = 0;
      if (bpf_map_lookup_and_delete_elem(queue, nullptr, &slot) != 0) {
        if (errno == ENOENT) return {};  // programs took the rest
        return std::unexpected(sys::error_from(errno, "look through the free slots"));
      }
      if (slot >= suspect_.size()) continue;  // damage: what is no slot is not given back
      suspect_[slot] = false;
      // Popped, the slot is ours alone: blank it, so that it can be found if we are killed here.
      for (std::uint32_t row = 0; row < ledger_.rows(); ++row) {
        if (cgt_key& key = cell(row, slot).key; key.cgroup_id != 0) key = {};
      }
      if (bpf_map_update_elem(queue, nullptr, &slot, BPF_ANY) != 0) {
        return std::unexpected(sys::error_from(errno, "look through the free slots"));
      }
    }
    return {};
  }

 private:
  cgt_cell& cell(std::uint32_t row, std::uint32_t slot) const {
    return ledger_.cells()[std::size_t{row} * ledger_.slots() + slot];
  }

  // Userspace's row may hold the key that a killed process was about to reserve.
  [[nodiscard]] bool is_blank(std::uint32_t slot) const {
    for (std::uint32_t row = 0; row < ledger_.rows(); ++row) {
      const cgt_cell& one = cell(row, slot);
      const bool has_key = one.key.iface != 0 || one.key.cgroup_id != 0;
      const bool counted = one.rx_packets != 0 || one.tx_packets != 0;
      if (counted || (has_key && row != ledger_.own_row())) return false;
    }
    return true;
  }

  Ledger& ledger_;
  std::vector<bool> suspect_;
};

Result<void> give_back(Ledger& ledger, std::uint32_t slot) {
  ledger.cells()[std::size_t{ledger.own_row()} * ledger.slots() + slot].key = {};
  if (bpf_map_update_elem(ledger.fd("free"), nullptr, &slot, BPF_ANY) == 0) return {};
  return std::unexpected(sys::error_from(errno, "give back a slot of the ledger"));
}

}  // namespace

Result<std::size_t> give_back_lost_slots(Ledger& ledger) {
  Suspects lost(ledger);
  if (auto looked = lost.clear_those_in_queue(); !looked) return std::unexpected(looked.error());
  if (auto listed = lost.clear_those_in_use(); !listed) return std::unexpected(listed.error());
  lost.clear_those_not_blank();  // a
  if (!lost.any()) return 0;
  if (auto waited = ledger.wait_for_running_programs(); !waited) {
    return std::unexpected(waited.error());
  }
  if (auto looked = lost.clear_those_in_queue(); !looked) {  // from b to c
    return std::unexpected(looked.error());
  }
  if (auto waited = ledger.wait_for_running_programs(); !waited) {
    return std::unexpected(waited.error());
  }
  if (auto listed = lost.clear_those_in_use(); !listed)
    return std::unexpected(listed.error());  // d
  lost.clear_those_not_blank();
  std::size_t found = 0;
  for (std::uint32_t slot = 0; slot < ledger.slots(); ++slot) {
    if (!lost.has(slot)) continue;
    if (auto given = give_back(ledger, slot); !given) return std::unexpected(given.error());
    ++found;
  }
  return found;
}

}  // namespace cgtally::bpf
