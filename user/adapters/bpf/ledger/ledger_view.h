// SPDX-License-Identifier: Apache-2.0
// The pinned ledger for readers: totals, interfaces, windows, cgroup names and state. Any number of
// processes may read at the same time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/aftermaths.h"
#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/lives.h"
#include "adapters/bpf/cgroups/owner_names.h"
#include "adapters/bpf/cgroups/slot_claim_maps.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger_choice.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/bpf/ledger/windows.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"
#include "core/traffic/reading.h"

namespace cgtally::bpf {

struct InterfaceRecord {
  InterfaceKey key;
  NetnsId netns_id;
  std::string netns;  // as --netns named it; empty for the keeper's own
  int ifindex = 0;
  std::string name;
  bool attached = false;
  HookKind hook = HookKind::tcx;
  std::array<std::uint32_t, 2> program_ids{};  // ingress, egress
  Moment since;
  Traffic device;               // the device's own counters then
  std::uint64_t gaps = 0;       // how often a hook was lost and attached again
  Nanoseconds gap{};            // how long nobody counted then, at most
  std::uint64_t displaced = 0;  // how often another filter was put before ours
  Nanoseconds displaced_for{};  // how long ours was not the first then, at most
};

[[nodiscard]] std::vector<InterfaceRecord> interface_records(const Ledger& ledger);
// Unpins the windows of an interface that was retired.
void forget_windows(const std::string& directory, InterfaceKey key);

struct LedgerInfo {
  std::string id;
  Moment made;
  LedgerState state = LedgerState::making;
  bool kept = false;        // a keeper runs
  Nanoseconds last_kept{};  // boot time
  std::uint32_t keeper_pid = 0;
  std::uint64_t bytes = 0;
  std::uint32_t slots = 0;
  std::uint64_t folded = 0;  // how often an idle account gave up its slot
  std::uint32_t abi = 0;
  Nanoseconds window{};
  std::uint32_t clock_read_bytes = 0;  // the clock is read again after this many
  std::uint64_t windows_bytes = 0;     // of each attached interface
};

// A reader's handle on the pinned ledger, used by pinned sessions and by `status`. Changes nothing
// and does not notice that the ledger was replaced: state() and id() tell the caller.
class LedgerView {
 public:
  static Result<LedgerView> open(const std::string& bpffs);

  LedgerView(LedgerView&&) noexcept;
  LedgerView& operator=(LedgerView&&) noexcept;
  ~LedgerView();

  // With the final totals of accounts that were retired since the last read().
  [[nodiscard]] LedgerReading read();
  // With the final totals of every account that was retired, as far back as the ledger has them.
  // Leaves the next read() as it would be without this.
  [[nodiscard]] Result<LedgerReading> read_with_all_final_totals();
  [[nodiscard]] SlotUse slots() const;
  // For each reading: needs no system call.
  [[nodiscard]] LedgerState state() const;
  // An Error if a figure of the ledger's header, or what the last read() met, cannot be.
  [[nodiscard]] Result<void> check() const;
  // An Error if a time of the lives of cgroups cannot be. Reads them all.
  [[nodiscard]] Result<void> check_lives() const;
  [[nodiscard]] const std::string& id() const;  // changes when totals begin again
  [[nodiscard]] Moment made() const;
  // Everything in the header, and whether a keeper runs. Tries the keeper's lock for an instant.
  [[nodiscard]] LedgerInfo facts() const;
  // The interfaces that are counted, and those that were and are not retired yet.
  [[nodiscard]] const std::vector<InterfaceRecord>& interfaces();
  // What the keeper was asked to count.
  [[nodiscard]] LedgerChoice choice() const;
  // The windows of an interface that is counted. The result may outlive this object.
  [[nodiscard]] Result<Windows> windows(InterfaceKey key) const;
  // Names and removals of cgroups since the ledger was made.
  [[nodiscard]] CgroupRegistry registry() const;
  // Names of containers, as the keeper found them.
  [[nodiscard]] OwnerNames owner_names() const;
  // Begins and ends of cgroups, and what came late.
  [[nodiscard]] Lives lives() const;
  // What the cgroups of each subtree have taken of the slots.
  [[nodiscard]] SlotClaimMaps claims() const;
  // What pods refused after the end of a container, as the keeper saw it.
  [[nodiscard]] Aftermaths aftermaths() const;
  // How many names and removals found no room in the registry.
  [[nodiscard]] std::uint64_t missed() const;
  [[nodiscard]] const Ledger& ledger() const;

 private:
  struct Impl;
  explicit LedgerView(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
