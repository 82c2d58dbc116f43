// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/account_expiry.h"

#include <unordered_map>
#include <utility>

namespace cgtally {

std::vector<InterfaceAccount> AccountExpiry::due(const std::vector<AccountTotals>& accounts,
                                                 const std::vector<RemovedCgroup>& removals,
                                                 Nanoseconds now) {
  std::unordered_map<std::uint64_t, const RemovedCgroup*> removed;
  for (const RemovedCgroup& removal : removals) removed.emplace(removal.cgroup_id, &removal);
  std::vector<InterfaceAccount> due;
  std::map<InterfaceAccount, Unchanged> unchanged;
  for (const AccountTotals& account : accounts) {
    if (!has_cgroup(account.account.kind)) continue;
    const auto found = removed.find(account.account.cgroup_id);
    if (found == removed.end()) continue;
    const InterfaceAccount key{account.iface, account.account};
    if (found->second->released) {
      due.push_back(key);
      continue;
    }
    const auto before = unchanged_.find(key);
    const bool same = before != unchanged_.end() && before->second.totals == account.totals;
    const Nanoseconds since = same ? before->second.since : now;
    unchanged.emplace(key, Unchanged{account.totals, since});
    if (now - since >= kUnchangedFor) due.push_back(key);
  }
  unchanged_ = std::move(unchanged);
  return due;
}

}  // namespace cgtally
