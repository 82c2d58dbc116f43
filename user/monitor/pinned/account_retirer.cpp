// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/account_retirer.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "core/lifecycle/life_expiry.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A reader at the slowest interval may still ask for the name of a removed cgroup. If very many are
// removed, the oldest names go sooner: the registry has room for 65 536.
constexpr Nanoseconds kKeepNames = 1h;
constexpr std::size_t kCrowded = 32'768;
constexpr std::size_t kKeptWhenCrowded = 24'576;
constexpr Nanoseconds kForgetEvery = 30s;
constexpr Nanoseconds kForgetLivesEvery = 1s;
constexpr std::size_t kMostParents = 65'536;

}  // namespace

AccountRetirer::AccountRetirer(bpf::Ledger& ledger, std::string directory,
                               bpf::RetireJournal journal)
    : ledger_(ledger),
      directory_(std::move(directory)),
      registry_(ledger.fd("names"), ledger.fd("removed")),
      lives_(ledger.fd("lives")),
      journal_(std::move(journal)) {}

Result<AccountRetirer> AccountRetirer::start(bpf::Ledger& ledger, std::string directory) {
  auto journal = bpf::RetireJournal::open(ledger);
  if (!journal) return std::unexpected(journal.error());
  if (auto recovered = journal->recover(); !recovered) {
    return std::unexpected(recovered.error());
  }
  return AccountRetirer(ledger, std::move(directory), std::move(*journal));
}

void AccountRetirer::note_unseen_removals(
    const std::vector<AccountTotals>& accounts,
    const std::function<bool(std::uint64_t cgroup_id)>& exists, Nanoseconds now) {
  std::map<std::uint64_t, RemovedCgroup> unseen;
  std::set<std::uint64_t> checked;
  for (const AccountTotals& one : accounts) {
    const std::uint64_t id = one.account.cgroup_id;
    if (!has_cgroup(one.account.kind) || !checked.insert(id).second || exists(id)) continue;
    const auto known = unseen_removals_.find(id);
    if (known != unseen_removals_.end()) {
      unseen.insert(*known);
    } else if (!registry_.removal_of(id)) {
      unseen.insert({id, {.cgroup_id = id, .removed = now, .released = {}}});
    }
  }
  unseen_removals_ = std::move(unseen);
}

Result<void> AccountRetirer::retire_accounts(const std::vector<AccountTotals>& accounts,
                                             Nanoseconds now) {
  const auto due = expiry_.due(accounts, removed_, now);
  retired_ = {due.begin(), due.end()};
  for (const InterfaceAccount& one : due) had_account_.insert(one.account.cgroup_id);
  const auto retired = journal_.retire(due);
  return retired ? Result<void>{} : std::unexpected(retired.error());
}

// The parent of a cgroup never changes.
std::optional<std::uint64_t> AccountRetirer::parent_of(std::uint64_t cgroup_id) {
  const auto known = parents_.find(cgroup_id);
  if (known != parents_.end()) return known->second;
  const auto parent = registry_.parent_of(cgroup_id);
  if (parents_.size() >= kMostParents) parents_.clear();
  if (parent) parents_.emplace(cgroup_id, *parent);
  return parent;
}

Result<void> AccountRetirer::fold_idle(const std::vector<AccountTotals>& accounts,
                                       const bpf::SlotUse& slots, Nanoseconds now) {
  const SlotSupply supply{
      .total = slots.total,
      .free = slots.total - std::min(slots.used, slots.total),
      .coming = slots.quarantined + static_cast<std::uint32_t>(retired_.size())};
  std::vector<AccountTotals> staying;
  if (!retired_.empty()) {
    std::ranges::copy_if(accounts, std::back_inserter(staying), [&](const AccountTotals& one) {
      return !retired_.contains({one.iface, one.account});
    });
  }
  SlotPressure::Cgroups cgroups{.parent_of = [this](std::uint64_t id) { return parent_of(id); },
                                .removed = {}};
  for (const RemovedCgroup& one : removed_) cgroups.removed.insert(one.cgroup_id);
  auto folds =
      pressure_.due(retired_.empty() ? accounts : staying, supply, cgroups, journal_.room(), now);
  if (supply.free < supply.total - supply.total / 8) journal_.keep_spare_slot();
  if (folds.empty()) return {};
  auto folded = journal_.fold(folds);
  if (folded && folded->empty()) {
    // No slot for an account that takes totals: (retired) has one. The next time there is a slot.
    folds.resize(1);
    folds.front().into = 0;
    folded = journal_.fold(folds);
  }
  if (!folded) return std::unexpected(folded.error());
  for (const AccountFold& fold : *folded) ++folded_[fold.into];
  return {};
}

AccountRetirer::Folded AccountRetirer::take_folded() {
  Folded all;
  std::size_t most = 0;
  for (const auto& [cgroup, accounts] : folded_) {
    if (cgroup == 0) continue;  // of removed cgroups
    all.accounts += accounts;
    if (accounts <= most) continue;
    most = accounts;
    all.most_below = registry_.name_of(cgroup).value_or(fmt::format("#{}", cgroup));
  }
  folded_.clear();
  return all;
}

Result<void> AccountRetirer::retire_interfaces(const Exists& exists) {
  for (const auto& record : bpf::interface_records(ledger_)) {
    if (record.attached || (record.ifindex != 0 && exists(record))) {
      continue;
    }
    const auto retired = journal_.retire_interface(record.key);
    if (!retired) return std::unexpected(retired.error());
    bpf::forget_windows(directory_, record.key);
  }
  return {};
}

// If that is crowded, whoever removes cgroups by the thousand must not push out the names of
// others: those of cgroups that never had an account go first, then the oldest.
Result<void> AccountRetirer::forget_names(const std::vector<AccountTotals>& accounts,
                                          const std::vector<RemovedCgroup>& removed,
                                          Nanoseconds now) {
  std::unordered_set<std::uint64_t> with_account;
  for (const AccountTotals& one : accounts) with_account.insert(one.account.cgroup_id);
  std::vector<RemovedCgroup> others;
  std::set<std::uint64_t> had_account;
  for (const RemovedCgroup& one : removed) {
    if (had_account_.contains(one.cgroup_id)) had_account.insert(one.cgroup_id);
    if (!with_account.contains(one.cgroup_id)) others.push_back(one);
  }
  had_account_ = std::move(had_account);
  std::ranges::sort(others, std::greater{}, [this](const RemovedCgroup& one) {
    return std::pair{had_account_.contains(one.cgroup_id), one.removed};
  });
  const bool is_crowded = removed.size() >= kCrowded;
  std::unordered_set<std::uint64_t> due;
  for (std::size_t at = 0; at < others.size(); ++at) {
    const auto released = others[at].released;
    const bool keeps =
        is_crowded ? at < kKeptWhenCrowded : !released || now - *released < kKeepNames;
    if (!keeps) due.insert(others[at].cgroup_id);
  }
  const auto forgotten = registry_.forget_removed(
      [&](const RemovedCgroup& one) { return !due.contains(one.cgroup_id); });
  return forgotten ? Result<void>{} : std::unexpected(forgotten.error());
}

Result<void> AccountRetirer::forget_lives(const std::vector<AccountTotals>& accounts,
                                          Nanoseconds now) {
  if (now - last_forget_lives_ < kForgetLivesEvery) return {};
  last_forget_lives_ = now;
  auto lives = lives_.read();
  if (!lives) return std::unexpected(lives.error());
  std::set<std::uint64_t> with_account;
  for (const AccountTotals& one : accounts) with_account.insert(one.account.cgroup_id);
  const auto due = lives_to_forget(
      *std::move(lives), [&](std::uint64_t id) { return with_account.contains(id); }, now,
      bpf::Lives::room());
  for (const std::uint64_t id : due) lives_.forget(id);
  return {};
}

Result<void> AccountRetirer::retire_ended(const std::vector<AccountTotals>& accounts,
                                          const Exists& exists, Nanoseconds now) {
  const auto removed = registry_.removed_cgroups();
  if (!removed) return std::unexpected(removed.error());
  removed_ = *removed;
  for (const auto& [id, one] : unseen_removals_) removed_.push_back(one);
  if (auto retired = retire_accounts(accounts, now); !retired) return retired;
  if (auto retired = retire_interfaces(exists); !retired) return retired;
  if (auto forgotten = forget_lives(accounts, now); !forgotten) return forgotten;
  if (removed->size() < kCrowded && now - last_forget_ < kForgetEvery) return {};
  last_forget_ = now;
  return forget_names(accounts, *removed, now);
}

}  // namespace cgtally::monitor
