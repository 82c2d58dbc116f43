// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/slot_sharer.h"

#include <fmt/core.h>

#include <algorithm>

namespace cgtally::monitor {

SlotSharer::SlotSharer(const bpf::Ledger& ledger)
    : registry_(ledger.fd("names"), ledger.fd("removed")),
      maps_(ledger.fd("claims"), ledger.fd("shares")),
      room_(ledger.slots() * 2) {}

Result<void> SlotSharer::read_claims() {
  auto claims = maps_.read();
  if (!claims) return std::unexpected(claims.error());
  claims_ = *std::move(claims);
  return {};
}

Result<void> SlotSharer::share_out(const std::vector<AccountTotals>& accounts,
                                   const bpf::SlotUse& slots, const ParentOf& parent_of) {
  const Basis basis{.used = slots.used, .claims = total_claims()};
  if (basis == shared_out_) return {};
  const SlotSupply supply{
      .total = slots.total, .free = slots.total - std::min(slots.used, slots.total), .coming = 0};
  for (const SlotAllowance& one : share_out_slots(claims_, accounts, supply, parent_of)) {
    const auto known = allowed_.find(one.cgroup_id);
    if (known != allowed_.end() && known->second == one) continue;
    // With accounts in very many deep subtrees there is no room for the share of each: those above
    // it have theirs.
    auto allowed = maps_.allow(one);
    if (!allowed && one.cgroup_id == kRootOfCgroups) return allowed;
    if (allowed) allowed_.insert_or_assign(one.cgroup_id, one);
  }
  if (std::max(claims_.size(), allowed_.size()) > room_ / 2) prune(accounts, parent_of);
  shared_out_ = basis;
  return {};
}

std::uint64_t SlotSharer::total_claims() const {
  const auto root = std::ranges::find(claims_, kRootOfCgroups, &SlotClaims::cgroup_id);
  return root == claims_.end() ? 0 : root->made;
}

void SlotSharer::prune(const std::vector<AccountTotals>& accounts, const ParentOf& parent_of) {
  for (const std::uint64_t id : claims_without_slots(claims_, accounts, parent_of)) {
    maps_.forget(id);
    allowed_.erase(id);
    reported_.erase(id);
  }
}

std::string SlotSharer::take_most_beyond() {
  std::uint64_t most = 0;
  std::uint64_t subtree = 0;
  for (const SlotClaims& one : claims_) {
    std::uint64_t& reported = reported_[one.cgroup_id];
    const std::uint64_t since = one.beyond - std::min(reported, one.beyond);
    reported = one.beyond;
    if (since <= most) continue;
    most = since;
    subtree = one.cgroup_id;
  }
  if (most == 0) return {};
  return registry_.name_of(subtree).value_or(fmt::format("#{}", subtree));
}

}  // namespace cgtally::monitor
