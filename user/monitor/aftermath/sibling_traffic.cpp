// SPDX-License-Identifier: Apache-2.0
#include "monitor/aftermath/sibling_traffic.h"

#include <variant>

namespace cgtally::monitor {

void SiblingTraffic::advance(const InterfaceAccount& account, const Traffic& totals) {
  const auto [at, is_new] = last_.try_emplace(account, totals);
  if (is_new) {
    if (has_base_) total_ += totals;
    return;
  }
  const Step moved = step(at->second, totals);
  // An account that was folded begins again at zero.
  const auto* advanced = std::get_if<Advanced>(&moved);
  total_ += advanced ? advanced->by : totals;
  at->second = totals;
}

void SiblingTraffic::update(const bpf::LedgerReading& reading,
                            const std::set<std::uint64_t>& cgroups) {
  for (const FinalTotals& one : reading.final_totals) {
    if (one.account.kind != AccountKind::cgroup || !cgroups.contains(one.account.cgroup_id)) {
      continue;
    }
    const InterfaceAccount account{.iface = one.iface, .account = one.account};
    advance(account, one.totals);
    last_[account] = {};
  }
  for (const AccountTotals& one : reading.accounts) {
    if (one.account.kind != AccountKind::cgroup || !cgroups.contains(one.account.cgroup_id)) {
      continue;
    }
    advance({.iface = one.iface, .account = one.account}, one.totals);
  }
  has_base_ = true;
}

}  // namespace cgtally::monitor
