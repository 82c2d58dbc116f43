// SPDX-License-Identifier: Apache-2.0
// The one process that looks after a pinned ledger: it attaches to interfaces as they come, hangs
// lost hooks again, and folds away what has ended. The ledger counts without it; it only fills up.
// Whoever comes after a killed keeper ends what that one had begun.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/registry_programs.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "core/base/result.h"
#include "monitor/event_loop.h"
#include "monitor/notices.h"
#include "monitor/pinned/account_retirer.h"
#include "monitor/session/coverage_monitor.h"
#include "monitor/session/interface_set.h"

namespace cgtally::monitor {

struct KeeperOptions {
  InterfaceChoice places;
  std::string bpffs;
  std::optional<std::uint32_t> slots;  // of a ledger that has to be made
  bool migrate = false;                // carry the totals of an older ABI over
};

class Keeper {
 public:
  // Brings the ledger up: makes it, or goes on with what is there. EWOULDBLOCK: it is kept already.
  // After an Error nothing more is attached than before. `notices` must outlive the keeper.
  static Result<std::unique_ptr<Keeper>> begin(const KeeperOptions& options, Notices& notices);

  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Until a signal or until somebody asks for the end, as down does. The ledger stays as it is.
  Result<void> keep(EventLoop& rounds);

  [[nodiscard]] bool asked_to_end() { return bpf::asked_to_stop(tally_.ledger()); }
  [[nodiscard]] std::string counted() const { return places_.counted(tally_); }
  [[nodiscard]] bpf::SlotUse slots() const { return tally_.slots(); }

 private:
  struct Ground;
  static Result<Ground> prepare(const KeeperOptions& options, Notices& notices);
  static Result<std::unique_ptr<Keeper>> over(Ground& ground, InterfaceSet places,
                                              const std::string& host_root, Notices& notices);
  Keeper(sys::Fd lock, bpf::Pins pins, bpf::RegistryPrograms registry, bpf::PacketPrograms tally,
         InterfaceSet places, std::string host_root, Notices& notices);
  Result<void> attach(std::optional<bpf::OlderLedger>& older);
  void take_back(const Ground& ground);
  Result<void> carry_over(bpf::OlderLedger& older);
  Result<void> let_go_of_gone();
  Result<void> let_go_of_unwanted();
  Result<void> let_go_of(const bpf::InterfaceRecord& record);
  Result<void> look_after();
  [[nodiscard]] bool exists(const bpf::InterfaceRecord& record) const;
  // The living cgroups into the ledger's book: should one of them die while nobody looks, its name
  // is known all the same.
  Result<void> write_names();
  // Once all totals are here, those of an older ledger too.
  Result<void> bury_who_died_unseen();

  sys::Fd lock_;
  bpf::Pins pins_;
  bpf::RegistryPrograms registry_;
  bpf::PacketPrograms tally_;
  InterfaceSet places_;
  std::string host_root_;
  CoverageMonitor coverage_;
  std::optional<AccountRetirer> retirements_;
  Nanoseconds looked_{};  // boot time
  std::string trouble_;   // said, and not over yet
  Notices& notices_;
};

// Stops the keeper, if one runs, and holds its lock. `ledger` is what it keeps.
Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::Ledger& ledger);
// The same for a ledger of another ABI; null: of one that is not whole.
Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::OlderLedger* ledger);

}  // namespace cgtally::monitor
