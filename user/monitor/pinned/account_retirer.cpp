// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/account_retirer.h"

#include <algorithm>
#include <set>
#include <span>

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A reader at the slowest interval may still ask for the name of who died; unless so many die that
// the book, of 65 536 names, would not hold them.
constexpr Nanoseconds kRemember = 1h;
constexpr Nanoseconds kRememberWhenCrowded = 2min;
constexpr std::size_t kCrowded = 32'768;
constexpr Nanoseconds kForgetEvery = 30s;

}  // namespace

AccountRetirer::AccountRetirer(bpf::Ledger& ledger, std::string directory,
                               bpf::RetireJournal retirement)
    : ledger_(ledger),
      directory_(std::move(directory)),
      book_(ledger.fd("names"), ledger.fd("removed")),
      retirement_(std::move(retirement)) {}

Result<AccountRetirer> AccountRetirer::over(bpf::Ledger& ledger, std::string directory,
                                            Nanoseconds now) {
  auto retirement = bpf::RetireJournal::open(ledger);
  if (!retirement) {
    return std::unexpected(retirement.error());
  }
  if (auto recovered = retirement->recover(now); !recovered) {
    return std::unexpected(recovered.error());
  }
  return AccountRetirer(ledger, std::move(directory), std::move(*retirement));
}

void AccountRetirer::bury(const std::vector<AccountTotals>& accounts,
                          const std::function<bool(std::uint64_t cgroup_id)>& lives,
                          Nanoseconds now) {
  std::set<std::uint64_t> seen;
  for (const auto& [iface, account, totals] : accounts) {
    const bool cgroup = account.kind == AccountKind::cgroup;
    if (cgroup && seen.insert(account.cgroup_id).second && !lives(account.cgroup_id) &&
        !book_.removal_of(account.cgroup_id)) {
      unseen_.push_back({.cgroup_id = account.cgroup_id, .removed = now, .released = {}});
    }
  }
}

Result<void> AccountRetirer::retire_accounts(const std::vector<AccountTotals>& accounts,
                                             const std::vector<RemovedCgroup>& deaths,
                                             Nanoseconds now) {
  std::vector<RemovedCgroup> dead = unseen_;
  dead.insert(dead.end(), deaths.begin(), deaths.end());
  const auto due = retiring_.due(accounts, dead, now);
  const auto retired = retirement_.retire(due, now);
  return retired ? Result<void>{} : std::unexpected(retired.error());
}

Result<void> AccountRetirer::retire_interfaces(const Exists& exists, Nanoseconds now) {
  for (const auto& record : bpf::interface_records(ledger_)) {
    if (record.attached || (record.ifindex != 0 && exists(record))) {
      continue;
    }
    const auto retired = retirement_.retire_interface(record.key, now);
    if (!retired) {
      return std::unexpected(retired.error());
    }
    bpf::forget_windows(directory_, record.key);
  }
  return {};
}

Result<void> AccountRetirer::forget_names(const std::vector<AccountTotals>& accounts,
                                          std::size_t dead, Nanoseconds now) {
  std::set<std::uint64_t> booked;
  for (const AccountTotals& one : accounts) {
    booked.insert(one.account.cgroup_id);
  }
  const Nanoseconds remember = dead < kCrowded ? kRemember : kRememberWhenCrowded;
  const auto forgotten = book_.forget_removed([&](const RemovedCgroup& death) {
    return booked.contains(death.cgroup_id) || !death.released || now - *death.released < remember;
  });
  return forgotten ? Result<void>{} : std::unexpected(forgotten.error());
}

Result<void> AccountRetirer::round(const std::vector<AccountTotals>& accounts, const Exists& exists,
                                   Nanoseconds now) {
  const auto deaths = book_.removed_cgroups();
  if (!deaths) {
    return std::unexpected(deaths.error());
  }
  if (auto retired = retire_accounts(accounts, *deaths, now); !retired) {
    return retired;
  }
  if (auto retired = retire_interfaces(exists, now); !retired) {
    return retired;
  }
  if (now - forgot_ < kForgetEvery) {
    return {};
  }
  forgot_ = now;
  return forget_names(accounts, deaths->size(), now);
}

}  // namespace cgtally::monitor
