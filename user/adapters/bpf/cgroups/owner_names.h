// SPDX-License-Identifier: Apache-2.0
// Names of containers in the ledger, by the ids of their cgroups: they outlive the container, its
// files and the keeper, and go with the ledger. A map and no file, because it must have the
// ledger's lifetime: ids mean other cgroups after a reboot, when bpffs is empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/containers/container_name.h"

namespace cgtally::bpf {

struct RememberedOwner {
  ContainerName name;
  std::string path;  // raw; empty if it was too long
};

// A view of the map. Any number of processes may read; only the keeper writes. Holds no state.
class OwnerNames {
 public:
  // The caller keeps the file descriptor open.
  explicit OwnerNames(int map_fd) : fd_(map_fd) {}

  [[nodiscard]] std::optional<RememberedOwner> find(std::uint64_t cgroup_id) const;
  // A name that does not fit is not remembered: no part of a name is.
  [[nodiscard]] Result<void> remember(std::uint64_t cgroup_id, const RememberedOwner& owner,
                                      Nanoseconds seen) const;
  [[nodiscard]] std::size_t size() const;
  // Forgets the oldest, at most half of all, but those that are `wanted`.
  void forget_oldest(const std::function<bool(std::uint64_t cgroup_id)>& wanted) const;
  [[nodiscard]] static std::size_t room();

 private:
  int fd_;
};

}  // namespace cgtally::bpf
