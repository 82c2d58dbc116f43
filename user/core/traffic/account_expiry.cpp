// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/account_expiry.h"

#include <unordered_map>
#include <utility>

namespace cgtally {

std::vector<InterfaceAccount> AccountExpiry::due(const std::vector<AccountTotals>& accounts,
                                                 const std::vector<RemovedCgroup>& deaths,
                                                 Nanoseconds now) {
  std::unordered_map<std::uint64_t, const RemovedCgroup*> dead;
  for (const RemovedCgroup& death : deaths) dead.emplace(death.cgroup_id, &death);
  std::vector<InterfaceAccount> due;
  std::map<InterfaceAccount, Still> still;
  for (const AccountTotals& account : accounts) {
    if (account.account.kind != AccountKind::cgroup) continue;
    const auto found = dead.find(account.account.cgroup_id);
    if (found == dead.end()) continue;
    const InterfaceAccount key{account.iface, account.account};
    if (found->second->released) {
      due.push_back(key);
      continue;
    }
    const auto before = still_.find(key);
    const bool same = before != still_.end() && before->second.totals == account.totals;
    const Still now_still{account.totals, same ? before->second.since : now};
    still.emplace(key, now_still);
    if (now - now_still.since >= kStill) due.push_back(key);
  }
  still_ = std::move(still);
  return due;
}

}  // namespace cgtally
