// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/ledger_names.h"

#include <utility>

#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/clock.h"
#include "core/containers/cgroup_identity.h"

namespace cgtally::monitor {

LedgerNames::LedgerNames(const bpf::LedgerView& view, const std::string& host_root)
    : registry_(view.registry()), owners_(view.owner_names()), containers_(host_root) {
  if (const auto mount = cgroupfs::cgroup2_mount(host_root)) tree_.seed(*mount);
}

bool LedgerNames::knows(std::uint64_t id) { return tree_.path_of(id) != nullptr || learn(id); }

const std::string* LedgerNames::path_of(std::uint64_t id) {
  return knows(id) ? tree_.path_of(id) : nullptr;
}

AccountName LedgerNames::name_of(const Account& account) {
  if (account.kind == AccountKind::folded) {
    const AccountName above =
        name_of({.kind = AccountKind::cgroup, .cgroup_id = account.cgroup_id});
    return {.path = folded_name(above.path), .ended = above.ended};
  }
  if (account.kind != AccountKind::cgroup) {
    return {.path = std::string(reason_name(account.kind)), .ended = false};
  }
  if (tree_.path_of(account.cgroup_id) == nullptr) (void)learn(account.cgroup_id);
  AccountName name = tree_.name_of(account.cgroup_id);
  name.ended = name.ended || registry_.removal_of(account.cgroup_id).has_value();
  if (const std::string* path = tree_.path_of(account.cgroup_id)) {
    name.owner = containers_.name_of(*path, sys::now().boot);
    if (name.owner.empty() && may_have_container_name(*path)) {
      name.owner = owners_.find(account.cgroup_id).value_or(bpf::RememberedOwner{}).name;
    }
  }
  return name;
}

bool LedgerNames::learn(std::uint64_t id) {
  auto path = registry_.name_of(id, [this](std::uint64_t above) { return tree_.path_of(above); });
  if (!path) {  // the registry forgets what was removed long ago
    const auto owner = owners_.find(id);
    if (!owner || owner->path.empty()) return false;
    tree_.learn(id, owner->path, true);
    return true;
  }
  tree_.learn(id, *std::move(path), registry_.removal_of(id).has_value());
  return true;
}

}  // namespace cgtally::monitor
