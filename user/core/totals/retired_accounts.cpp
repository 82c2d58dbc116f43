// SPDX-License-Identifier: Apache-2.0
#include "core/totals/retired_accounts.h"

#include <map>
#include <optional>

namespace cgtally {
namespace {

using Accounts = std::map<Account, Traffic>;

// None if a part is more than the whole.
std::optional<Traffic> without(const Traffic& whole, const Accounts& parts) {
  Traffic sum;
  for (const auto& [account, traffic] : parts) sum += traffic;
  const bool fits = sum.rx_bytes <= whole.rx_bytes && sum.rx_packets <= whole.rx_packets &&
                    sum.tx_bytes <= whole.tx_bytes && sum.tx_packets <= whole.tx_packets;
  if (!fits) return std::nullopt;
  return Traffic{.rx_bytes = {whole.rx_bytes.value - sum.rx_bytes.value},
                 .rx_packets = {whole.rx_packets.value - sum.rx_packets.value},
                 .tx_bytes = {whole.tx_bytes.value - sum.tx_bytes.value},
                 .tx_packets = {whole.tx_packets.value - sum.tx_packets.value}};
}

}  // namespace

// The final totals of `(retired)` itself, which an interface has when it goes, are no account's:
// those of its accounts came before.
std::vector<LifetimeTotals> lifetime_totals(
    const std::vector<AccountTotals>& accounts, const std::vector<FinalTotals>& final_totals,
    const std::set<InterfaceKey>& interfaces,
    const std::function<bool(std::uint64_t cgroup_id)>& has_name) {
  std::map<InterfaceKey, Accounts> retired;
  for (const FinalTotals& one : final_totals) {
    const bool cgroup = has_cgroup(one.account.kind);
    if (one.account.kind == AccountKind::retired) continue;
    if (one.folded) continue;  // they are in a (folded) account, which has its own row
    if (cgroup && !has_name(one.account.cgroup_id)) continue;
    retired[interfaces.contains(one.iface) ? one.iface : kGoneInterface][one.account] += one.totals;
  }
  std::map<InterfaceAccount, LifetimeTotals> all;
  for (const AccountTotals& one : accounts) {
    Traffic totals = one.totals;
    const auto parts = retired.find(one.iface);
    if (one.account.kind == AccountKind::retired && parts != retired.end()) {
      if (const auto rest = without(one.totals, parts->second)) {
        totals = *rest;
      } else {
        retired.erase(parts);  // an interface is going at this moment: leave its sum as it is
      }
    }
    all[{one.iface, one.account}] = {
        .iface = one.iface, .account = one.account, .retired = false, .totals = totals};
  }
  for (const auto& [iface, parts] : retired) {
    const Account sum{.kind = AccountKind::retired, .cgroup_id = 0};
    if (!all.contains({iface, sum})) continue;
    for (const auto& [account, traffic] : parts) {
      const auto [place, fresh] = all.try_emplace(
          {iface, account},
          LifetimeTotals{.iface = iface, .account = account, .retired = true, .totals = {}});
      place->second.totals += traffic;
    }
  }
  std::vector<LifetimeTotals> result;
  for (const auto& [key, one] : all) result.push_back(one);
  return result;
}

}  // namespace cgtally
