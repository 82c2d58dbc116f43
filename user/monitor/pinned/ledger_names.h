// SPDX-License-Identifier: Apache-2.0
// The names of cgroups for readers of the pinned ledger: of those in the tree from a walk, of the
// others from the ledger's registry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/owner_names.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/containers/container_names.h"
#include "core/traffic/account.h"

namespace cgtally::monitor {

// Used by `totals` and `lifecycle`. Follows no events: a cgroup that comes later is in the
// registry. The view must outlive this.
class LedgerNames {
 public:
  LedgerNames(const bpf::LedgerView& view, const std::string& host_root);

  [[nodiscard]] bool knows(std::uint64_t id);
  [[nodiscard]] AccountName name_of(const Account& account);
  // As the kernel has it, not escaped; empty if it is not known.
  [[nodiscard]] const std::string* path_of(std::uint64_t id);
  [[nodiscard]] std::optional<std::uint64_t> parent_of(std::uint64_t id) const {
    return registry_.parent_of(id);
  }

 private:
  bool learn(std::uint64_t id);

  bpf::CgroupRegistry registry_;
  bpf::OwnerNames owners_;
  containers::ContainerNames containers_;
  cgroupfs::Names tree_;
};

}  // namespace cgtally::monitor
