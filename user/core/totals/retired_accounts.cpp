// SPDX-License-Identifier: Apache-2.0
#include "core/totals/retired_accounts.h"

#include <map>
#include <optional>

namespace cgtally {
namespace {

using Accounts = std::map<Account, Traffic>;

Traffic parts_sum(const Accounts& parts) {
  Traffic sum;
  for (const auto& [account, traffic] : parts) sum += traffic;
  return sum;
}

// None if a part is more than the whole.
std::optional<Traffic> without(const Traffic& whole, const Accounts& parts) {
  const Step rest = step(parts_sum(parts), whole);
  const auto* fits = std::get_if<Advanced>(&rest);
  return fits ? std::optional(fits->by) : std::nullopt;
}

// By an account that has the totals of others: whose they are, and how much of them.
using Takers = std::map<InterfaceAccount, Accounts>;

// The final totals of `(retired)` itself, which an interface has when it goes, are no account's:
// those of its accounts came before.
Takers takers_of(const std::vector<FinalTotals>& final_totals,
                 const std::set<InterfaceKey>& interfaces, FoldedTotals folded,
                 const std::function<bool(std::uint64_t cgroup_id)>& has_name) {
  constexpr Account kRetired{.kind = AccountKind::retired, .cgroup_id = 0};
  Takers takers;
  for (const FinalTotals& one : final_totals) {
    const bool stays = one.folded && folded == FoldedTotals::stay;
    if (one.account.kind == AccountKind::retired || stays) continue;
    const InterfaceKey iface = interfaces.contains(one.iface) ? one.iface : kGoneInterface;
    Accounts& taker = takers[{
        iface, one.folded ? Account{.kind = AccountKind::folded, .cgroup_id = one.folded_into}
                          : kRetired}];
    const auto before = takers.extract({iface, one.account});
    const Accounts parts = before.empty() ? Accounts{} : before.mapped();
    for (const auto& [account, traffic] : parts) taker[account] += traffic;
    if (has_cgroup(one.account.kind) && !has_name(one.account.cgroup_id)) continue;
    if (const auto own = without(one.totals, parts)) taker[one.account] += *own;
  }
  return takers;
}

}  // namespace

std::vector<LifetimeTotals> lifetime_totals(
    const std::vector<AccountTotals>& accounts, const std::vector<FinalTotals>& final_totals,
    const std::set<InterfaceKey>& interfaces,
    const std::function<bool(std::uint64_t cgroup_id)>& has_name, FoldedTotals folded) {
  Takers takers = takers_of(final_totals, interfaces, folded, has_name);
  std::map<InterfaceAccount, LifetimeTotals> all;
  for (const AccountTotals& one : accounts) {
    Traffic totals = one.totals;
    const auto parts = takers.find({one.iface, one.account});
    if (parts != takers.end()) {
      if (const auto rest = without(one.totals, parts->second)) {
        totals = *rest;
      } else {
        takers.erase(parts);  // an interface is going at this moment: leave its sum as it is
      }
    }
    all[{one.iface, one.account}] = {
        .iface = one.iface, .account = one.account, .retired = false, .totals = totals};
  }
  for (const auto& [taker, parts] : takers) {
    if (!all.contains(taker)) continue;
    const bool retired = taker.account.kind == AccountKind::retired;
    for (const auto& [account, traffic] : parts) {
      const InterfaceAccount key{taker.iface, account};
      const auto [place, fresh] = all.try_emplace(
          key, LifetimeTotals{
                   .iface = taker.iface, .account = account, .retired = retired, .totals = {}});
      place->second.totals += traffic;
    }
  }
  std::vector<LifetimeTotals> result;
  for (const auto& [key, one] : all) result.push_back(one);
  return result;
}

}  // namespace cgtally
