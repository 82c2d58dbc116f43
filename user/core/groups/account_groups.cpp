// SPDX-License-Identifier: Apache-2.0
#include "core/groups/account_groups.h"

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

constexpr Account kRetiredAccount{.kind = AccountKind::retired, .cgroup_id = 0};

std::uint64_t less(std::uint64_t whole, std::uint64_t part) {
  return whole - std::min(whole, part);
}

// Never below zero: a reading that lost final totals may know less than was claimed of it.
Traffic without(const Traffic& whole, const Traffic& part) {
  return {.rx_bytes = {less(whole.rx_bytes.value, part.rx_bytes.value)},
          .rx_packets = {less(whole.rx_packets.value, part.rx_packets.value)},
          .tx_bytes = {less(whole.tx_bytes.value, part.tx_bytes.value)},
          .tx_packets = {less(whole.tx_packets.value, part.tx_packets.value)}};
}

Account account_of_group(std::uint64_t id) {
  return {.kind = AccountKind::cgroup, .cgroup_id = id};
}

// The account that has the totals now.
Account taker_of(const FinalTotals& last) {
  return last.folded ? Account{.kind = AccountKind::folded, .cgroup_id = last.folded_into}
                     : kRetiredAccount;
}

std::set<InterfaceKey> interfaces_of(const Reading& reading) {
  std::set<InterfaceKey> all;
  for (const AccountTotals& one : reading.accounts) all.insert(one.iface);
  return all;
}

}  // namespace

AccountGroups::GroupId AccountGroups::group_named(AccountGroup what) {
  const auto [known, fresh] = ids_.try_emplace(what.account, next_);
  if (fresh) groups_.emplace(next_++, Group{.what = std::move(what), .members = {}});
  return known->second;
}

std::optional<AccountGroups::GroupId> AccountGroups::group_of_cgroup(std::uint64_t cgroup_id,
                                                                     const NameOf& name_of) {
  if (const auto known = group_of_.find(cgroup_id); known != group_of_.end()) return known->second;
  const AccountName name = name_of(cgroup_id);
  auto what = cgtally::group_of(by_, name.path, name.owner);
  if (!what) return std::nullopt;
  if (group_of_.size() >= 2 * most_remembered_) group_of_.clear();
  return group_of_.emplace(cgroup_id, group_named(*std::move(what))).first->second;
}

Account AccountGroups::account_of(const Account& account, const NameOf& name_of) {
  if (account.kind != AccountKind::cgroup) return account;
  const auto group = group_of_cgroup(account.cgroup_id, name_of);
  return group ? account_of_group(*group) : account;
}

AccountName AccountGroups::name_of(std::uint64_t id, const NameOf& name_of) const {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return name_of(id);
  const Group& group = found->second;
  const bool ended = std::ranges::all_of(
      group.members, [&](std::uint64_t member) { return name_of(member).ended; });
  return {.path = group.what.account, .ended = ended, .owner = group.what.owner};
}

// Another ledger begins at zero, and its keys may be those of other interfaces.
void AccountGroups::begin(const std::string& ledger) {
  if (std::exchange(ledger_, ledger) == ledger) return;
  seen_.clear();
  kept_.clear();
  claims_.clear();
}

Traffic AccountGroups::without_claims(const InterfaceAccount& key, const Traffic& totals) const {
  const auto claim = claims_.find(key);
  return claim == claims_.end() ? totals : without(totals, claim->second);
}

// What a member adds to its group. A (folded) account may also hold what another group keeps.
Traffic AccountGroups::share_of(const InterfaceAccount& key, const Seen& seen) const {
  return without(without_claims(key, seen.last), seen.own);
}

void AccountGroups::take_over(const FinalTotals& last, const Seen& seen, bool interface_goes,
                              Final& passed) {
  const InterfaceAccount key{last.iface, last.account};
  const InterfaceAccount taker{last.iface, taker_of(last)};
  const Traffic share = share_of(key, seen);
  const bool within = last.folded && group_of_.contains(last.folded_into) &&
                      group_of_.at(last.folded_into) == *seen.group;
  if (within) {
    if (!seen.own.empty()) claims_[taker] += seen.own;
  } else {
    Kept& kept = kept_[{last.iface, *seen.group}];
    kept.totals += share;
    kept.reading = reading_;
    if (!interface_goes) claims_[taker] += share;
    if (!last.folded && !interface_goes) kept.from_retired += share;
    if (!seen.own.empty()) {
      passed.push_back(last);
      passed.back().totals = seen.own;
    }
  }
}

void AccountGroups::end_life(const FinalTotals& last, const NameOf& name_of, bool interface_goes,
                             Final& passed) {
  const InterfaceAccount key{last.iface, last.account};
  Seen seen{.last = {}, .own = {}, .group = {}, .reading = reading_};
  if (auto known = seen_.extract(key); !known.empty()) {
    seen = known.mapped();
  } else if (has_cgroup(last.account.kind)) {
    seen.group = group_of_cgroup(last.account.cgroup_id, name_of);
  }
  seen.last = last.totals;
  // Folded into a cgroup that no reading has named yet: is it of the same group?
  if (last.folded) (void)group_of_cgroup(last.folded_into, name_of);
  if (seen.group) {
    take_over(last, seen, interface_goes, passed);
  } else {
    passed.push_back(last);
    passed.back().totals = without_claims(key, last.totals);
  }
  // What groups keep of this account's totals goes on to where the totals go.
  if (auto claim = claims_.extract(key); !claim.empty() && !interface_goes) {
    claims_[{last.iface, taker_of(last)}] += claim.mapped();
  }
}

void AccountGroups::see(const AccountTotals& account, const NameOf& name_of) {
  if (!has_cgroup(account.account.kind)) return;
  const auto [place, fresh] = seen_.try_emplace({account.iface, account.account});
  Seen& seen = place->second;
  if (!seen.group && (fresh || seen.last != account.totals)) {
    seen.group = group_of_cgroup(account.account.cgroup_id, name_of);
    if (seen.group) seen.own = without_claims(place->first, seen.last);
  }
  if (seen.group && std::holds_alternative<Restarted>(step(seen.last, account.totals))) {
    Kept& kept = kept_[{account.iface, *seen.group}];  // its end was not told
    kept.totals += without(seen.last, seen.own);
    kept.reading = reading_;
    seen.own = {};
  }
  seen.last = account.totals;
  seen.reading = reading_;
  if (seen.group) {
    const auto group = groups_.find(*seen.group);
    if (group != groups_.end()) group->second.members.insert(account.account.cgroup_id);
  }
}

// An account that is missing may come back. If its final totals were lost it will not: it is in
// (retired), with what was last seen of it at least.
void AccountGroups::lose_missing(bool lost) {
  std::erase_if(seen_, [&](const auto& one) {
    const auto& [key, seen] = one;
    if (seen.reading == reading_) return false;
    if (!seen.group) return true;
    if (!lost) return false;
    const Traffic share = share_of(key, seen);
    Kept& kept = kept_[{key.iface, *seen.group}];
    kept.totals += share;
    kept.from_retired += share;
    kept.reading = reading_;
    claims_[{key.iface, kRetiredAccount}] += share;
    return true;
  });
}

std::map<AccountGroups::GroupKey, Traffic> AccountGroups::sums() const {
  std::map<GroupKey, Traffic> sums;
  for (const auto& [key, kept] : kept_) sums[key] += kept.totals;
  for (const auto& [key, seen] : seen_) {
    if (seen.group) sums[{key.iface, *seen.group}] += share_of(key, seen);
  }
  return sums;
}

// An interface that is gone has no account left, and what its groups had is on (gone).
void AccountGroups::end_interfaces(const Reading& reading, Final& passed) {
  const std::set<InterfaceKey> alive = interfaces_of(reading);
  const auto gone = [&alive](InterfaceKey iface) { return !alive.contains(iface); };
  for (const auto& [key, totals] : sums()) {
    if (!gone(key.iface)) continue;
    passed.push_back(
        {.iface = key.iface, .account = account_of_group(key.group), .totals = totals});
  }
  std::erase_if(seen_, [&](const auto& one) { return gone(one.first.iface); });
  std::erase_if(kept_, [&](const auto& one) { return gone(one.first.iface); });
  std::erase_if(claims_, [&](const auto& one) { return gone(one.first.iface); });
}

// The groups that have had no member for longest end as if they were retired themselves: their
// totals are in (retired) from then on.
void AccountGroups::forget_oldest(Final& passed) {
  if (groups_.size() <= most_remembered_) return;
  std::set<GroupId> in_use;
  for (const auto& [key, seen] : seen_) {
    if (seen.group) in_use.insert(*seen.group);
  }
  std::map<GroupId, std::uint64_t> idle;  // and when it last kept anything
  for (const auto& [id, group] : groups_) {
    if (!in_use.contains(id)) idle.emplace(id, 0);
  }
  for (const auto& [key, kept] : kept_) {
    if (auto one = idle.find(key.group); one != idle.end()) {
      one->second = std::max(one->second, kept.reading);
    }
  }
  std::vector<std::pair<std::uint64_t, GroupId>> oldest;
  for (const auto& [id, reading] : idle) oldest.emplace_back(reading, id);
  std::ranges::sort(oldest);
  oldest.resize(std::min(oldest.size(), groups_.size() - most_remembered_ / 2));
  std::set<GroupId> leaving;
  for (const auto& [reading, id] : oldest) leaving.insert(id);
  std::erase_if(kept_, [&](const auto& one) {
    const auto& [key, kept] = one;
    if (!leaving.contains(key.group)) return false;
    passed.push_back(
        {.iface = key.iface, .account = account_of_group(key.group), .totals = kept.totals});
    Traffic& claim = claims_[{key.iface, kRetiredAccount}];
    claim = without(claim, kept.from_retired);
    return true;
  });
  std::erase_if(group_of_, [&](const auto& one) { return leaving.contains(one.second); });
  std::erase_if(ids_, [&](const auto& one) { return leaving.contains(one.second); });
  leaving_ = std::move(leaving);
}

std::vector<AccountTotals> AccountGroups::accounts(const Reading& reading) {
  std::vector<AccountTotals> all;
  for (const AccountTotals& one : reading.accounts) {
    const InterfaceAccount key{one.iface, one.account};
    const auto seen = seen_.find(key);
    if (seen == seen_.end() || !seen->second.group) {
      all.push_back({one.iface, one.account, without_claims(key, one.totals)});
    } else if (!seen->second.own.empty()) {
      all.push_back({one.iface, one.account, seen->second.own});
    }
  }
  for (const auto& [key, totals] : sums()) {
    all.push_back({key.iface, account_of_group(key.group), totals});
  }
  return all;
}

void AccountGroups::recall(const std::string& ledger, const std::vector<FinalTotals>& earlier,
                           const NameOf& name_of) {
  begin(ledger);
  Final ignored;
  for (const FinalTotals& last : earlier) {
    if (last.account.kind != AccountKind::retired) end_life(last, name_of, false, ignored);
  }
}

Reading AccountGroups::group(const Reading& reading, const NameOf& name_of) {
  begin(reading.ledger);
  ++reading_;
  for (const GroupId id : std::exchange(leaving_, {})) groups_.erase(id);
  for (auto& [id, group] : groups_) group.members.clear();
  Reading grouped{.taken = reading.taken,
                  .ledger = reading.ledger,
                  .accounts = {},
                  .attached = reading.attached,
                  .final_totals = {},
                  .lost_final_totals = reading.lost_final_totals};
  const std::set<InterfaceKey> alive = interfaces_of(reading);
  for (const FinalTotals& last : reading.final_totals) {
    end_life(last, name_of, !alive.contains(last.iface), grouped.final_totals);
  }
  for (const AccountTotals& account : reading.accounts) see(account, name_of);
  lose_missing(reading.lost_final_totals != 0);
  end_interfaces(reading, grouped.final_totals);
  forget_oldest(grouped.final_totals);
  grouped.accounts = accounts(reading);
  return grouped;
}

}  // namespace cgtally
