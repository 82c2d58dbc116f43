// SPDX-License-Identifier: Apache-2.0
// The part of a ledger that a keeper changes when it retires accounts, watched for changes.
#pragma once

#include <bpf/bpf.h>
#include <cgtally/abi.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "core/traffic/account.h"
#include "harness/host/command.h"

namespace cgtally::harness {

// All that a keeper changes: the journal and what is beside it in the header, keys and totals of
// the slots in question, the final_totals to come, and whether the hash still has the accounts
// there.
class Visible {
 public:
  Visible(const bpf::Ledger& ledger, const std::vector<InterfaceAccount>& accounts)
      : ledger_(ledger), ring_(ring_of(ledger)) {
    watch(always_, &ledger.header(), offsetof(cgt_header, journal));
    for (const auto& [iface, account] : accounts) {
      const cgt_key key{.cgroup_id = account.cgroup_id,
                        .iface = iface.value,
                        .kind = static_cast<std::uint32_t>(account.kind)};
      if (const auto slot = slot_of(key)) {
        in_hash_.emplace_back(key, *slot);
        watch_slot(*slot);
      }
    }
    watch_slot(*slot_of({.cgroup_id = 0, .iface = accounts[0].iface.value, .kind = CGT_RETIRED}));
    watch_slot(ledger.header().gone_slot);
    for (const cgt_retire_entry& entry : ledger.header().journal) {
      if (entry.state != CGT_RETIRE_NONE) continue;
      entries_.push_back(&entry);
      watch(always_, &entry, sizeof(entry));
      const auto at = &entry - ledger.header().journal;
      watch(always_, &ledger.header().journal_tcp[at], sizeof(cgt_retire_tcp));
      watch(always_,
            &ring_[(ledger.header().final_totals_written + entries_.size()) % ring_.size()],
            sizeof(cgt_final_totals));
      if (entries_.size() == accounts.size()) break;
    }
  }
  Visible(const Visible&) = delete;
  Visible& operator=(const Visible&) = delete;
  ~Visible() { munmap(ring_.data(), ring_.size_bytes()); }

  // Since the last call.
  bool changed() {
    bool changed = false;
    for (Region& region : always_) changed |= region.changed();
    bool leaving = false;
    bool summed = false;
    for (const cgt_retire_entry* entry : entries_) {
      leaving |= entry->state == CGT_RETIRE_LEAVING;
      summed |= entry->state >= CGT_RETIRE_SUMMED;
    }
    // Before that the counters of the CPUs are moved by traffic and by no keeper.
    if (summed) {
      for (Region& region : once_summed_) changed |= region.changed();
    }
    if (!leaving || summed) return changed;
    return changed | (std::erase_if(in_hash_, [&](const auto& entry) {
                        return slot_of(entry.first) != entry.second;
                      }) != 0);
  }

 private:
  struct Region {
    const void* at;
    std::vector<char> last;
    bool changed() {
      if (std::memcmp(at, last.data(), last.size()) == 0) return false;
      std::memcpy(last.data(), at, last.size());
      return true;
    }
  };
  static std::span<cgt_final_totals> ring_of(const bpf::Ledger& ledger) {
    const std::size_t count = ledger.header().final_totals_entries;
    void* at = mmap(nullptr, count * sizeof(cgt_final_totals), PROT_READ, MAP_SHARED,
                    ledger.fd("final_totals"), 0);
    require(at != MAP_FAILED, "map the final totals");
    return {static_cast<cgt_final_totals*>(at), count};
  }
  static void watch(std::vector<Region>& regions, const void* at, std::size_t count) {
    const auto* bytes = static_cast<const char*>(at);
    regions.push_back({at, {bytes, bytes + count}});
  }
  void watch_slot(std::uint32_t slot) {
    for (std::uint32_t row = 0; row < ledger_.rows(); ++row) {
      const std::size_t at = std::size_t{row} * ledger_.slots() + slot;
      const cgt_cell& cell = ledger_.cells()[at];
      const cgt_handshakes& handshakes = ledger_.handshakes()[at];
      const bool own = row == ledger_.own_row();
      watch(always_, &cell, own ? sizeof(cell) : sizeof(cell.key));
      if (!own) watch(once_summed_, &cell, sizeof(cell));
      watch(own ? always_ : once_summed_, &handshakes, sizeof(handshakes));
    }
  }
  [[nodiscard]] std::optional<std::uint32_t> slot_of(const cgt_key& key) const {
    std::uint32_t slot = 0;
    if (bpf_map_lookup_elem(ledger_.fd("slots"), &key, &slot) != 0) return std::nullopt;
    return slot;
  }

  const bpf::Ledger& ledger_;
  std::span<cgt_final_totals> ring_;
  std::vector<std::pair<cgt_key, std::uint32_t>> in_hash_;
  std::vector<const cgt_retire_entry*> entries_;
  std::vector<Region> always_;
  std::vector<Region> once_summed_;
};

}  // namespace cgtally::harness
