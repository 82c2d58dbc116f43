// SPDX-License-Identifier: Apache-2.0
// A subtree may hold so much of what it holds and what is free: less the deeper it lies, so that
// the others in the subtree above find some, too. However many take their share one after another,
// some is left. All together leave a reserve: for the accounts that take what goes beyond, for new
// interfaces, and for accounts that take totals.
#include "core/slots/slot_shares.h"

#include <algorithm>
#include <map>

namespace cgtally {
namespace {

constexpr std::size_t kLevels = 4;  // below the root; as the kernel side
constexpr int kDeepest = 32;        // likewise
constexpr std::uint64_t kSixteenths[kLevels] = {15, 14, 12, 8};
constexpr std::uint32_t kReservePart = 32;
constexpr std::uint32_t kSmallestReserve = 2;

struct Subtree {
  std::uint64_t held = 0;
  std::uint64_t sixteenths = kSixteenths[kLevels - 1];
};
using Subtrees = std::map<std::uint64_t, Subtree>;

// From the root's child down to the cgroup itself.
std::vector<std::uint64_t> path_of(std::uint64_t cgroup_id, const ParentOf& parent_of) {
  std::vector<std::uint64_t> path;
  for (int up = 0; up <= kDeepest && cgroup_id > kRootOfCgroups; ++up) {
    path.push_back(cgroup_id);
    const auto parent = parent_of(cgroup_id);
    if (!parent || up == kDeepest) return {kUnknownSubtree, path.front()};
    cgroup_id = *parent;
  }
  std::ranges::reverse(path);
  return path;
}

void hold(Subtrees& subtrees, const std::vector<std::uint64_t>& path, std::uint64_t slots) {
  for (std::size_t level = 0; level < kLevels && level + 1 < path.size(); ++level) {
    Subtree& one = subtrees[path[level]];
    one.held += slots;
    if (path[level] != kUnknownSubtree) one.sixteenths = kSixteenths[level];
  }
}

Subtrees subtrees_of(const std::vector<AccountTotals>& accounts, const ParentOf& parent_of) {
  std::map<std::uint64_t, std::uint64_t> slots;  // a cgroup has one on each interface
  for (const AccountTotals& one : accounts) {
    if (has_cgroup(one.account.kind)) ++slots[one.account.cgroup_id];
  }
  Subtrees subtrees;
  for (const auto& [id, count] : slots) hold(subtrees, path_of(id, parent_of), count);
  return subtrees;
}

std::uint64_t more_for(const Subtree& subtree, std::uint64_t free) {
  const std::uint64_t share = (subtree.held + free) * subtree.sixteenths / 16;
  return share - std::min(share, subtree.held);
}

std::uint64_t more_for_all(const SlotSupply& supply) {
  const std::uint32_t reserve = std::max(supply.total / kReservePart, kSmallestReserve);
  return supply.free - std::min(supply.free, reserve);
}

}  // namespace

std::vector<SlotAllowance> share_out_slots(const std::vector<SlotClaims>& claims,
                                           const std::vector<AccountTotals>& accounts,
                                           const SlotSupply& supply, const ParentOf& parent_of) {
  Subtrees subtrees = subtrees_of(accounts, parent_of);
  subtrees.try_emplace(kRootOfCgroups);
  std::map<std::uint64_t, std::uint64_t> made;
  for (const SlotClaims& one : claims) {
    made.emplace(one.cgroup_id, one.made);
    if (subtrees.contains(one.cgroup_id)) continue;
    std::vector<std::uint64_t> path = path_of(one.cgroup_id, parent_of);
    path.push_back(0);  // as if there were a cgroup below
    hold(subtrees, path, 0);
    subtrees.try_emplace(one.cgroup_id);
  }
  std::vector<SlotAllowance> all;
  all.reserve(subtrees.size());
  for (const auto& [id, subtree] : subtrees) {
    const auto found = made.find(id);
    const SlotAllowance one{
        .cgroup_id = id,
        .allowed = (found == made.end() ? 0 : found->second) +
                   (id == kRootOfCgroups ? more_for_all(supply) : more_for(subtree, supply.free)),
        .free = id == kRootOfCgroups ? supply.free : 0};
    all.push_back(one);
  }
  return all;
}

std::vector<std::uint64_t> claims_without_slots(const std::vector<SlotClaims>& claims,
                                                const std::vector<AccountTotals>& accounts,
                                                const ParentOf& parent_of) {
  const Subtrees subtrees = subtrees_of(accounts, parent_of);
  std::vector<std::uint64_t> all;
  for (const SlotClaims& one : claims) {
    if (one.cgroup_id != kRootOfCgroups && !subtrees.contains(one.cgroup_id)) {
      all.push_back(one.cgroup_id);
    }
  }
  return all;
}

}  // namespace cgtally
