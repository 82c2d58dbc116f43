// SPDX-License-Identifier: Apache-2.0
// The cgroups with accounts form one tree for each interface. A round goes down from its root to
// the child that holds the most slots, as long as folding somewhere below that child frees any;
// there it folds what is below no such child. Then the counts are taken again: the subtree that was
// the largest need not be so any more.
#include "core/traffic/slot_pressure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace cgtally {
namespace {

constexpr std::uint64_t kRootCgroup = 1;
constexpr int kDeepest = 256;  // ends a cycle of parents
constexpr int kMostRounds = 64;

class FoldPlan {
 public:
  struct Candidate {
    InterfaceAccount account;
    Nanoseconds idle{};
  };

  FoldPlan(const std::vector<Candidate>& candidates, const SlotPressure::Cgroups& cgroups)
      : cgroups_(cgroups) {
    for (const Candidate& one : candidates) add(one);
  }

  // Plans until `wanted` more slots will be free, or `most` accounts move.
  void plan(std::size_t wanted, Nanoseconds idle, std::size_t most) {
    idle_ = idle;
    const std::size_t before = freed_;
    const auto missing = [&] { return before + wanted - std::min(freed_, before + wanted); };
    freed_ += fold_removed(wanted, most);
    for (int round = 0; round < kMostRounds && missing() > 0 && folds_.size() < most; ++round) {
      count();
      const auto node = heaviest(roots());
      if (!node) return;
      const std::size_t freed = fold_below(descend(*node), missing(), most - folds_.size());
      if (freed == 0) return;
      freed_ += freed;
    }
  }
  [[nodiscard]] std::size_t freed() const { return freed_; }
  [[nodiscard]] std::vector<AccountFold> folds() && { return std::move(folds_); }

 private:
  struct Member {
    InterfaceAccount account;
    Nanoseconds idle{};
    bool stays = false;  // takes totals of others
    bool moves = false;
  };
  struct Node {
    InterfaceKey iface;
    std::uint64_t cgroup_id = 0;
    std::optional<std::size_t> parent;
    std::vector<std::size_t> children{};
    std::vector<std::size_t> members{};  // its own account and its folded one
    bool has_folded = false;
    bool closed = false;       // its folded account moves
    std::size_t slots = 0;     // held in the subtree
    std::size_t foldable = 0;  // of these
    bool frees = false;        // folding somewhere in the subtree frees slots
    std::size_t own = 0;       // foldable ones of its own
    // Slots that folding all that is below it into its folded account would free.
    [[nodiscard]] std::size_t gain() const {
      const std::size_t below = foldable - own;
      const std::size_t needed = has_folded ? 0 : 1;
      return closed || below <= needed ? 0 : below - needed;
    }
  };

  void add(const Candidate& one) {
    const std::size_t at = node_of(one.account.iface, one.account.account.cgroup_id);
    nodes_[at].members.push_back(members_.size());
    nodes_[at].has_folded |= one.account.account.kind == AccountKind::folded;
    members_.push_back({.account = one.account, .idle = one.idle});
  }

  // A parent has a lower index than its children.
  std::size_t node_of(InterfaceKey iface, std::uint64_t cgroup_id) {
    std::vector<std::uint64_t> path{cgroup_id};
    while (path.back() != kRootCgroup && path.size() < kDeepest) {
      const std::uint64_t parent = cgroups_.parent_of(path.back()).value_or(kRootCgroup);
      path.push_back(parent == 0 ? kRootCgroup : parent);
    }
    std::optional<std::size_t> parent;
    for (auto id = path.rbegin(); id != path.rend(); ++id) {
      const auto [found, is_new] = index_.try_emplace({iface, *id}, nodes_.size());
      if (is_new) {
        nodes_.push_back({.iface = iface, .cgroup_id = *id, .parent = parent});
        if (parent) nodes_[*parent].children.push_back(found->second);
      }
      parent = found->second;
    }
    return *parent;
  }

  [[nodiscard]] bool foldable(const Member& member, const Node& node) const {
    return !member.stays && !member.moves && member.idle >= idle_ && node.parent;
  }

  void count() {
    for (Node& node : nodes_) node.slots = node.foldable = node.own = 0;
    for (std::size_t at = nodes_.size(); at-- > 0;) {
      Node& node = nodes_[at];
      for (const std::size_t member : node.members) {
        node.slots += members_[member].moves ? 0 : 1;
        node.own += foldable(members_[member], node) ? 1 : 0;
      }
      node.foldable += node.own;
      node.frees = node.gain() > 0 || std::ranges::any_of(node.children, [&](std::size_t child) {
                     return nodes_[child].frees;
                   });
      if (!node.parent) continue;
      nodes_[*node.parent].slots += node.slots;
      nodes_[*node.parent].foldable += node.foldable;
    }
  }

  [[nodiscard]] std::vector<std::size_t> roots() const {
    std::vector<std::size_t> roots;
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      if (!nodes_[at].parent) roots.push_back(at);
    }
    return roots;
  }

  // The one with the most slots, of those below which folding frees any.
  [[nodiscard]] std::optional<std::size_t> heaviest(const std::vector<std::size_t>& of) const {
    std::optional<std::size_t> best;
    for (const std::size_t at : of) {
      if (!nodes_[at].frees) continue;
      if (!best || nodes_[at].slots > nodes_[*best].slots) best = at;
    }
    return best;
  }

  // Foldable accounts below the node that are in no child below which folding frees any.
  [[nodiscard]] std::size_t single_accounts(const Node& node) const {
    std::size_t single = 0;
    for (const std::size_t child : node.children) {
      if (!nodes_[child].frees) single += nodes_[child].foldable;
    }
    return single;
  }

  [[nodiscard]] std::size_t descend(std::size_t at) const {
    while (const auto next = heaviest(nodes_[at].children)) {
      const std::size_t single = single_accounts(nodes_[at]);
      const std::size_t needed = nodes_[at].has_folded ? 0 : 1;
      if (single > needed && single >= nodes_[*next].slots) return at;
      at = *next;
    }
    return at;
  }

  void collect(std::size_t at, std::vector<std::size_t>& members) const {
    for (const std::size_t member : nodes_[at].members) {
      if (foldable(members_[member], nodes_[at])) members.push_back(member);
    }
    for (const std::size_t child : nodes_[at].children) collect(child, members);
  }

  void move(std::size_t member, std::uint64_t into) {
    Member& moved = members_[member];
    moved.moves = true;
    folds_.push_back({.account = moved.account, .into = into});
    if (moved.account.account.kind != AccountKind::folded) return;
    nodes_[index_.at({moved.account.iface, moved.account.account.cgroup_id})].closed = true;
  }

  // An eighth of what there is at a time, so that subtrees of one size lose about as much.
  std::size_t fold_below(std::size_t at, std::size_t wanted, std::size_t most) {
    std::vector<std::size_t> members;
    for (const std::size_t child : nodes_[at].children) {
      if (!nodes_[child].frees) collect(child, members);
    }
    std::ranges::stable_sort(members, std::greater{},
                             [&](std::size_t member) { return members_[member].idle; });
    const std::size_t needed = nodes_[at].has_folded ? 0 : 1;
    const std::size_t part = std::max<std::size_t>(members.size() / 8, 1);
    const std::size_t count = std::min({members.size(), most, std::min(wanted, part) + needed});
    if (count <= needed) return 0;
    nodes_[at].has_folded = true;
    for (const std::size_t member : nodes_[at].members) {
      Member& own = members_[member];
      own.stays |= own.account.account.kind == AccountKind::folded;
    }
    for (const std::size_t member : std::span(members).first(count)) {
      move(member, nodes_[at].cgroup_id);
    }
    return count - needed;
  }

  // These need no account to take their totals: (retired) is there.
  std::size_t fold_removed(std::size_t wanted, std::size_t most) {
    std::vector<std::size_t> removed;
    for (std::size_t at = 0; at < members_.size(); ++at) {
      const Member& member = members_[at];
      const bool gone = cgroups_.removed.contains(member.account.account.cgroup_id);
      if (gone && !member.moves && !member.stays && member.idle >= idle_) removed.push_back(at);
    }
    std::ranges::stable_sort(removed, std::greater{},
                             [&](std::size_t member) { return members_[member].idle; });
    const std::size_t room = most > folds_.size() ? most - folds_.size() : 0;
    const std::size_t count = std::min({removed.size(), wanted, room});
    for (const std::size_t member : std::span(removed).first(count)) move(member, 0);
    return count;
  }

  const SlotPressure::Cgroups& cgroups_;
  Nanoseconds idle_{};
  std::vector<Node> nodes_;
  std::vector<Member> members_;
  std::map<std::pair<InterfaceKey, std::uint64_t>, std::size_t> index_;
  std::vector<AccountFold> folds_;
  std::size_t freed_ = 0;
};

}  // namespace

void SlotPressure::observe(const std::vector<AccountTotals>& accounts, Nanoseconds now) {
  std::vector<Unchanged> all;
  all.reserve(accounts.size());
  for (const AccountTotals& one : accounts) {
    if (!has_cgroup(one.account.kind) || one.iface == kGoneInterface) continue;
    all.push_back({.account = {one.iface, one.account}, .totals = one.totals, .since = now});
  }
  if (!std::ranges::is_sorted(all, {}, &Unchanged::account)) {
    std::ranges::sort(all, {}, &Unchanged::account);
  }
  auto before = unchanged_.begin();
  for (Unchanged& one : all) {
    while (before != unchanged_.end() && before->account < one.account) ++before;
    const bool known = before != unchanged_.end() && before->account == one.account;
    if (known && before->totals == one.totals) one.since = before->since;
  }
  unchanged_ = std::move(all);
}

std::vector<AccountFold> SlotPressure::due(const std::vector<AccountTotals>& accounts,
                                           const SlotSupply& supply, const Cgroups& cgroups,
                                           std::size_t most, Nanoseconds now) {
  // With half of the slots free, nobody need know who is idle.
  if (supply.free >= supply.total / 2) {
    unchanged_.clear();
    return {};
  }
  observe(accounts, now);
  const std::size_t available = std::size_t{supply.free} + supply.coming;
  if (available >= supply.total / kStages[0].share) return {};
  std::vector<FoldPlan::Candidate> candidates;
  candidates.reserve(unchanged_.size());
  for (const Unchanged& one : unchanged_) {
    candidates.push_back({.account = one.account, .idle = now - one.since});
  }
  FoldPlan plan(candidates, cgroups);
  for (const Stage& stage : kStages) {
    const std::size_t goal = supply.total / stage.share;
    if (available + plan.freed() < goal) {
      plan.plan(goal - available - plan.freed(), stage.idle, most);
    }
  }
  return std::move(plan).folds();
}

}  // namespace cgtally
