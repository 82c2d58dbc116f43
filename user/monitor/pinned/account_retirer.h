// SPDX-License-Identifier: Apache-2.0
// What the keeper does about the dead: accounts of removed cgroups and interfaces that no longer
// exist are folded away, and their names forgotten once nobody can ask for them any more.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/retire_journal.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "core/base/result.h"
#include "core/traffic/account_expiry.h"

namespace cgtally::monitor {

class AccountRetirer {
 public:
  // Ends first what a killed keeper had begun: before anything is attached.
  static Result<AccountRetirer> over(bpf::Ledger& ledger, std::string directory, Nanoseconds now);

  // Cgroups that have accounts but are not in the tree, and of whose death the book knows nothing.
  void bury(const std::vector<AccountTotals>& accounts,
            const std::function<bool(std::uint64_t cgroup_id)>& lives, Nanoseconds now);

  // Slots that have rested become free. Often.
  void free_slots(Nanoseconds now) { retirement_.release_quarantined(now); }
  // Once a second. `exists`: whether the interface of a record does.
  using Exists = std::function<bool(const bpf::InterfaceRecord& record)>;
  Result<void> round(const std::vector<AccountTotals>& accounts, const Exists& exists,
                     Nanoseconds now);

 private:
  AccountRetirer(bpf::Ledger& ledger, std::string directory, bpf::RetireJournal retirement);
  Result<void> retire_accounts(const std::vector<AccountTotals>& accounts,
                               const std::vector<RemovedCgroup>& deaths, Nanoseconds now);
  Result<void> retire_interfaces(const Exists& exists, Nanoseconds now);
  Result<void> forget_names(const std::vector<AccountTotals>& accounts, std::size_t dead,
                            Nanoseconds now);

  std::reference_wrapper<bpf::Ledger> ledger_;
  std::string directory_;
  bpf::CgroupRegistry book_;
  bpf::RetireJournal retirement_;
  AccountExpiry retiring_;
  std::vector<RemovedCgroup> unseen_;
  Nanoseconds forgot_{};  // boot time
};

}  // namespace cgtally::monitor
