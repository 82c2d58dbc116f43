// SPDX-License-Identifier: Apache-2.0
// The one process that looks after a pinned ledger: it attaches to interfaces as they come,
// attaches lost hooks again, retires what has ended, and keeps slots free. The ledger counts
// without a keeper, too; it only fills up. The keeper after a killed one finishes what that one had
// begun.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/bpf/base/arrival_sign.h"
#include "adapters/bpf/cgroups/registry_programs.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "core/base/result.h"
#include "core/health/overflow.h"
#include "monitor/aftermath/aftermath_watcher.h"
#include "monitor/event_loop.h"
#include "monitor/notices.h"
#include "monitor/pinned/account_retirer.h"
#include "monitor/pinned/owner_recorder.h"
#include "monitor/pinned/slot_sharer.h"
#include "monitor/session/coverage_monitor.h"
#include "monitor/session/interface_set.h"

namespace cgtally::monitor {

struct KeeperOptions {
  InterfaceChoice choice;
  std::string bpffs;
  std::optional<std::uint32_t> slots;  // of a ledger that has to be made
  bool migrate = false;                // carry the totals of an older ABI over
  bool loopback = false;               // programs at the pods' lo name what refuses there
  AskedToEnd asked_to_end = nullptr;   // asked while the start takes long; empty: never
};

// `up` starts one and lets it run, in the foreground or in a child process. Holds the ledger's lock
// as long as it lives. What it attaches stays when it ends: take_down() detaches.
class Keeper {
 public:
  // Brings the ledger up: makes one, or continues with the one that is there. EWOULDBLOCK: it has a
  // keeper already. After an Error nothing more is attached than before. `notices` must outlive the
  // keeper.
  static Result<std::unique_ptr<Keeper>> start(const KeeperOptions& options, Notices& notices);

  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Until a signal comes, or another process asks the keeper to end, as `down` does. The ledger
  // stays as it is.
  // `begun` is called once names and interfaces are followed.
  Result<void> run(EventLoop& loop, const std::function<void()>& begun);

  [[nodiscard]] bool asked_to_end() { return bpf::asked_to_stop(programs_.ledger()); }
  // "eth0, eth1 (tcx)".
  [[nodiscard]] std::string describe_interfaces() const {
    return interfaces_.describe_attached(programs_);
  }

 private:
  struct StartState;
  static Result<StartState> prepare(const KeeperOptions& options, Notices& notices);
  static Result<std::unique_ptr<Keeper>> load_programs(StartState& state, InterfaceSet interfaces,
                                                       const std::string& host_root,
                                                       Notices& notices);
  Keeper(sys::Fd lock, bpf::Pins pins, bpf::RegistryPrograms registry, bpf::PacketPrograms programs,
         InterfaceSet interfaces, std::string host_root, Notices& notices);
  // The steps of a start, in order; each leaves a ledger that the next keeper can continue with.
  Result<void> bring_up(std::optional<bpf::OlderLedger>& older, const AskedToEnd& asked_to_end);
  Result<void> repair_slots();
  Result<void> detach_vanished();
  Result<void> remember_living_cgroups();
  Result<void> detach_unwanted();
  Result<void> carry_over(bpf::OlderLedger& older);
  Result<void> note_unseen_removals();
  Result<void> find_missed_removals(Nanoseconds now);
  Result<void> share_slots(const std::vector<AccountTotals>& accounts, const bpf::SlotUse& slots);
  Result<void> share_slots();
  void roll_back(const StartState& state);

  Result<void> detach(const bpf::InterfaceRecord& record);
  Result<void> tick();
  void check_hooks(Nanoseconds now);
  Result<void> follow_accounts(Nanoseconds now, bool check);
  Result<void> record_choice();
  void follow_mount();
  void follow_cgroup2();
  void watch_aftermaths();
  void report_folded(Nanoseconds now);
  void report_beyond(Nanoseconds now);
  [[nodiscard]] bool exists(const bpf::InterfaceRecord& record) const;

  sys::Fd lock_;
  bpf::Pins pins_;
  bpf::RegistryPrograms registry_;
  bpf::PacketPrograms programs_;
  InterfaceSet interfaces_;
  std::string host_root_;
  CoverageMonitor coverage_;
  std::optional<AccountRetirer> retirer_;
  std::optional<SlotSharer> sharer_;
  bpf::ArrivalSign arrivals_;
  bool slots_are_short_ = true;
  std::optional<OwnerRecorder> owners_;
  std::unique_ptr<AftermathWatcher> aftermaths_;
  bool loopback_ = false;
  OverflowAlarm overflow_{OverflowAlarm::LedgerKind::pinned};
  std::optional<bpf::LedgerChoice> recorded_choice_;
  Nanoseconds last_check_{};  // boot time
  Nanoseconds last_folded_report_{};
  Nanoseconds last_beyond_report_{};
  Nanoseconds last_walk_{};  // over all cgroups
  Nanoseconds walk_took_{};
  std::uint64_t missed_ = 0;    // by the registry, at the last walk
  std::string reported_error_;  // of the last tick; reported once as long as it lasts
  std::string cgroup2_;         // where it was mounted at the start
  bool cgroup2_gone_ = false;
  std::string unmounted_;  // what was said of the BPF file system that is not there
  Notices& notices_;
};

}  // namespace cgtally::monitor
