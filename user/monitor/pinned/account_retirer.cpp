// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/account_retirer.h"

#include <set>
#include <utility>

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A reader at the slowest interval may still ask for the name of a removed cgroup. If very many are
// removed, names go sooner: the registry has room for 65 536.
constexpr Nanoseconds kKeepNames = 1h;
constexpr Nanoseconds kKeepNamesWhenCrowded = 2min;
constexpr std::size_t kCrowded = 32'768;
constexpr Nanoseconds kForgetEvery = 30s;

}  // namespace

AccountRetirer::AccountRetirer(bpf::Ledger& ledger, std::string directory,
                               bpf::RetireJournal journal)
    : ledger_(ledger),
      directory_(std::move(directory)),
      registry_(ledger.fd("names"), ledger.fd("removed")),
      journal_(std::move(journal)) {}

Result<AccountRetirer> AccountRetirer::start(bpf::Ledger& ledger, std::string directory,
                                             Nanoseconds now) {
  auto journal = bpf::RetireJournal::open(ledger);
  if (!journal) return std::unexpected(journal.error());
  if (auto recovered = journal->recover(now); !recovered) {
    return std::unexpected(recovered.error());
  }
  return AccountRetirer(ledger, std::move(directory), std::move(*journal));
}

void AccountRetirer::note_unseen_removals(
    const std::vector<AccountTotals>& accounts,
    const std::function<bool(std::uint64_t cgroup_id)>& exists, Nanoseconds now) {
  std::set<std::uint64_t> checked;
  for (const AccountTotals& one : accounts) {
    const std::uint64_t id = one.account.cgroup_id;
    if (one.account.kind == AccountKind::cgroup && checked.insert(id).second && !exists(id) &&
        !registry_.removal_of(id)) {
      unseen_removals_.push_back({.cgroup_id = id, .removed = now, .released = {}});
    }
  }
}

Result<void> AccountRetirer::retire_accounts(const std::vector<AccountTotals>& accounts,
                                             const std::vector<RemovedCgroup>& removed,
                                             Nanoseconds now) {
  std::vector<RemovedCgroup> all = unseen_removals_;
  all.insert(all.end(), removed.begin(), removed.end());
  const auto retired = journal_.retire(expiry_.due(accounts, all, now), now);
  return retired ? Result<void>{} : std::unexpected(retired.error());
}

Result<void> AccountRetirer::retire_interfaces(const Exists& exists, Nanoseconds now) {
  for (const auto& record : bpf::interface_records(ledger_)) {
    if (record.attached || (record.ifindex != 0 && exists(record))) {
      continue;
    }
    const auto retired = journal_.retire_interface(record.key, now);
    if (!retired) return std::unexpected(retired.error());
    bpf::forget_windows(directory_, record.key);
  }
  return {};
}

Result<void> AccountRetirer::forget_names(const std::vector<AccountTotals>& accounts,
                                          std::size_t removed, Nanoseconds now) {
  std::set<std::uint64_t> with_account;
  for (const AccountTotals& one : accounts) {
    with_account.insert(one.account.cgroup_id);
  }
  const Nanoseconds keep = removed < kCrowded ? kKeepNames : kKeepNamesWhenCrowded;
  const auto forgotten = registry_.forget_removed([&](const RemovedCgroup& cgroup) {
    return with_account.contains(cgroup.cgroup_id) || !cgroup.released ||
           now - *cgroup.released < keep;
  });
  return forgotten ? Result<void>{} : std::unexpected(forgotten.error());
}

Result<void> AccountRetirer::retire_ended(const std::vector<AccountTotals>& accounts,
                                          const Exists& exists, Nanoseconds now) {
  const auto removed = registry_.removed_cgroups();
  if (!removed) return std::unexpected(removed.error());
  if (auto retired = retire_accounts(accounts, *removed, now); !retired) return retired;
  if (auto retired = retire_interfaces(exists, now); !retired) return retired;
  if (now - last_forget_ < kForgetEvery) return {};
  last_forget_ = now;
  return forget_names(accounts, removed->size(), now);
}

}  // namespace cgtally::monitor
