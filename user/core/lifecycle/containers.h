// SPDX-License-Identifier: Apache-2.0
// From lives of cgroups to those of containers and units: which cgroups are one's own, and what
// came late for any cgroup below.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/containers/grouping.h"
#include "core/lifecycle/life.h"
#include "core/lifecycle/row.h"
#include "core/traffic/account.h"

namespace cgtally::lifecycle {

struct ContainerLife {
  CgroupLife life;                     // of its own cgroup; `late` is the sum of all below
  AccountName name;                    // of its own cgroup
  bool unit = false;                   // of systemd, and no container
  std::vector<std::uint64_t> cgroups;  // its own one first
};

// When its last process left, or else its removal: an end that the ledger did not see.
[[nodiscard]] std::optional<Nanoseconds> end_of_life(const CgroupLife& life);

// `path` as the ledger has it, not escaped; empty if not known.
struct LifeName {
  std::string path;
  AccountName shown;
  std::uint64_t parent_id = 0;  // 0: not known
};
using LifeNameOf = std::function<LifeName(std::uint64_t cgroup_id)>;

// Containers of every runtime; systemd's units, too, with Grouping::unit. Of each cgroup below one
// of them nothing is told but what came late.
[[nodiscard]] std::vector<ContainerLife> container_lives(const std::vector<CgroupLife>& lives,
                                                         const LifeNameOf& name_of, Grouping by);

// What came late, for the row of the end. Of packets that came while the container lived only those
// of its last seconds belong to its end: it may close one service and go on with another.
[[nodiscard]] Late late_of(const CgroupLife& life);

}  // namespace cgtally::lifecycle
