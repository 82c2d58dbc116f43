// SPDX-License-Identifier: Apache-2.0
// Retires what has ended: accounts of removed cgroups, and interfaces that no longer exist. Their
// totals go to (retired), their slots become free, and their names are forgotten once no reader can
// ask for them any more. While slots are short, idle accounts are folded into accounts above them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/lives.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/retire_journal.h"
#include "core/base/result.h"
#include "core/traffic/account_expiry.h"
#include "core/traffic/slot_pressure.h"

namespace cgtally::monitor {

// The keeper has one and calls it. AccountExpiry and SlotPressure say which accounts are due,
// RetireJournal moves the totals; this class brings them together with what the kernel tells of
// cgroups and interfaces.
class AccountRetirer {
 public:
  // First finishes what a killed keeper had begun, so nothing may be attached before. `directory`
  // holds the pins of the ledger, which must outlive the result.
  static Result<AccountRetirer> start(bpf::Ledger& ledger, std::string directory);

  // Cgroups that have accounts, do not exist, and whose removal the registry has missed, because
  // they were removed while no registry program ran or the registry was full. They count as removed
  // `now`, or since an earlier call. `exists` must be younger than the accounts.
  void note_unseen_removals(const std::vector<AccountTotals>& accounts,
                            const std::function<bool(std::uint64_t cgroup_id)>& exists,
                            Nanoseconds now);

  // Some slots will be free soon.
  [[nodiscard]] bool is_giving_back() const { return journal_.is_open(); }
  // Frees the slots whose quarantine is over. Cheap: at each tick.
  void free_slots(Nanoseconds now) { journal_.release_quarantined(now); }
  // About once a second. `exists` says whether the interface of a record does.
  using Exists = std::function<bool(const bpf::InterfaceRecord& record)>;
  Result<void> retire_ended(const std::vector<AccountTotals>& accounts, const Exists& exists,
                            Nanoseconds now);
  // After retire_ended() with the same accounts. `slots` is of the reading that they are from.
  Result<void> fold_idle(const std::vector<AccountTotals>& accounts, const bpf::SlotUse& slots,
                         Nanoseconds now);

  // Of a cgroup that the registry has or had; remembered.
  [[nodiscard]] std::optional<std::uint64_t> parent_of(std::uint64_t cgroup_id);

  // What fold_idle() has done since the last call.
  struct Folded {
    std::size_t accounts = 0;
    std::string most_below;  // the cgroup that took most of them; "#<id>" if its name is not known
  };
  [[nodiscard]] Folded take_folded();

 private:
  AccountRetirer(bpf::Ledger& ledger, std::string directory, bpf::RetireJournal journal);
  Result<void> retire_accounts(const std::vector<AccountTotals>& accounts, Nanoseconds now);
  Result<void> retire_interfaces(const Exists& exists);
  Result<void> forget_names(const std::vector<AccountTotals>& accounts,
                            const std::vector<RemovedCgroup>& removed, Nanoseconds now);
  Result<void> forget_lives(const std::vector<AccountTotals>& accounts, Nanoseconds now);

  std::reference_wrapper<bpf::Ledger> ledger_;
  std::string directory_;
  bpf::CgroupRegistry registry_;
  bpf::Lives lives_;
  bpf::RetireJournal journal_;
  AccountExpiry expiry_;
  SlotPressure pressure_;
  std::map<std::uint64_t, RemovedCgroup> unseen_removals_;
  std::set<std::uint64_t> had_account_;  // of the removed cgroups: readers may ask for their names
  std::vector<RemovedCgroup> removed_;   // all that is known of, at the last retire_ended()
  std::set<InterfaceAccount> retired_;   // likewise
  std::unordered_map<std::uint64_t, std::uint64_t> parents_;  // of cgroups, as far as asked for
  std::map<std::uint64_t, std::size_t> folded_;  // accounts, by the cgroup that took them
  Nanoseconds last_forget_{};                    // boot time
  Nanoseconds last_forget_lives_{};              // likewise
};

}  // namespace cgtally::monitor
