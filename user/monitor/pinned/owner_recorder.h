// SPDX-License-Identifier: Apache-2.0
// Puts the names of containers into the ledger while their files are there, so that they are known
// when the container, its files and this keeper are gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_events.h"
#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/owner_names.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/containers/container_names.h"
#include "adapters/sys/poller.h"
#include "core/traffic/reading.h"

namespace cgtally::monitor {

// The keeper has one. Looks at the files when a cgroup is made, as those of a container that ends
// at once go with it, and again as long as an account has no name. Asks no runtime.
class OwnerRecorder {
 public:
  // The ledger must outlive this.
  OwnerRecorder(const bpf::Ledger& ledger, const std::string& host_root);

  // From here on the poller calls when cgroups are made. Without the kernel's events, names are
  // looked for when there is traffic.
  void follow_changes(sys::Poller& poller);
  // With each reading of the ledger.
  void update(const std::vector<AccountTotals>& accounts, Nanoseconds now);

 private:
  void note_creations();
  void look(std::uint64_t cgroup_id, const std::string& path, Nanoseconds now);
  void make_room(const std::vector<AccountTotals>& accounts);

  bpf::CgroupRegistry registry_;
  bpf::OwnerNames owners_;
  containers::ContainerNames containers_;
  std::optional<bpf::CgroupEvents> events_;
  std::unordered_set<std::uint64_t> settled_;  // remembered, or without a name for ever
  std::unordered_map<std::uint64_t, std::string> nameless_;  // paths of those that may get one
  Nanoseconds looked_{};                                     // for their names; boot time
  std::size_t remembered_ = 0;
};

}  // namespace cgtally::monitor
