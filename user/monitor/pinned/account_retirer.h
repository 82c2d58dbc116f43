// SPDX-License-Identifier: Apache-2.0
// Retires what has ended: accounts of removed cgroups, and interfaces that no longer exist. Their
// totals go to (retired), their slots become free, and their names are forgotten once no reader can
// ask for them any more.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/retire_journal.h"
#include "core/base/result.h"
#include "core/traffic/account_expiry.h"

namespace cgtally::monitor {

// The keeper has one and calls it. AccountExpiry says which accounts are due, Retirement moves
// the totals; this class brings both together with what the kernel tells of cgroups and interfaces.
class AccountRetirer {
 public:
  // First finishes what a killed keeper had begun, so nothing may be attached before. `directory`
  // holds the pins of the ledger, which must outlive the result.
  static Result<AccountRetirer> start(bpf::Ledger& ledger, std::string directory, Nanoseconds now);

  // Cgroups that have accounts, do not exist, and whose removal the registry has missed, because
  // they were removed while no registry program ran. They count as removed `now`.
  void note_unseen_removals(const std::vector<AccountTotals>& accounts,
                            const std::function<bool(std::uint64_t cgroup_id)>& exists,
                            Nanoseconds now);

  // Frees the slots whose quarantine is over. Cheap: at each tick.
  void free_slots(Nanoseconds now) { journal_.release_quarantined(now); }
  // About once a second. `exists` says whether the interface of a record does.
  using Exists = std::function<bool(const bpf::InterfaceRecord& record)>;
  Result<void> retire_ended(const std::vector<AccountTotals>& accounts, const Exists& exists,
                            Nanoseconds now);

 private:
  AccountRetirer(bpf::Ledger& ledger, std::string directory, bpf::RetireJournal journal);
  Result<void> retire_accounts(const std::vector<AccountTotals>& accounts,
                               const std::vector<RemovedCgroup>& removed, Nanoseconds now);
  Result<void> retire_interfaces(const Exists& exists, Nanoseconds now);
  Result<void> forget_names(const std::vector<AccountTotals>& accounts, std::size_t removed,
                            Nanoseconds now);

  std::reference_wrapper<bpf::Ledger> ledger_;
  std::string directory_;
  bpf::CgroupRegistry registry_;
  bpf::RetireJournal journal_;
  AccountExpiry expiry_;
  std::vector<RemovedCgroup> unseen_removals_;
  Nanoseconds last_forget_{};  // boot time
};

}  // namespace cgtally::monitor
