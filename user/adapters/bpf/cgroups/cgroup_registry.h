// SPDX-License-Identifier: Apache-2.0
// The registry: names of cgroups, put together from parent to parent, and their removals. The
// kernel side writes both maps (RegistryPrograms), so that they survive every process of ours.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/traffic/account.h"

namespace cgtally::bpf {

// A path below the cgroup `ancestor`, such as "/b/c". It is the full path if `ancestor` is the
// root, id 1; otherwise the ancestor's own name is not in the registry.
struct CgroupTrail {
  std::uint64_t ancestor = 0;
  std::string below;  // empty if the registry does not have the cgroup
};

// A view of the registry's two maps. Any number of processes may read; only the keeper adds names
// of older cgroups and forgets entries. Holds no state of its own.
class CgroupRegistry {
 public:
  // The caller keeps the file descriptors open.
  CgroupRegistry(int names_fd, int removed_fd) : names_fd_(names_fd), removed_fd_(removed_fd) {}

  [[nodiscard]] CgroupTrail trail_of(std::uint64_t id) const;

  // The full path. `known` returns the path of an ancestor that is not in the registry, or null.
  // Empty if the path cannot be completed.
  using Known = std::function<const std::string*(std::uint64_t id)>;
  [[nodiscard]] std::optional<std::string> name_of(std::uint64_t id, const Known& known = {}) const;

  // Each removed cgroup that is registered during the whole call, once; others may be missing.
  [[nodiscard]] Result<std::vector<RemovedCgroup>> removed_cgroups() const;
  // 0 for the root; empty if the registry does not have the cgroup.
  [[nodiscard]] std::optional<std::uint64_t> parent_of(std::uint64_t id) const;
  // The number of names in the registry.
  [[nodiscard]] Result<std::size_t> name_count() const;
  [[nodiscard]] std::optional<RemovedCgroup> removal_of(std::uint64_t id) const;

  // Adds a cgroup that is older than the ledger. An entry that the kernel side wrote stays.
  [[nodiscard]] Result<void> remember(std::uint64_t id, std::uint64_t parent,
                                      const std::string& name) const;
  // Adds the removal, at `before`, of each cgroup that was made before that time, does not live,
  // and whose removal is missing. Whether there was room for all.
  [[nodiscard]] Result<bool> note_removals(const std::function<bool(std::uint64_t id)>& lives,
                                           Nanoseconds before) const;
  // Deletes the name and the removal. If the kernel releases the cgroup later, that adds a removal
  // without a name. Does not check whether a cgroup below still needs the name.
  void forget(std::uint64_t id) const;
  // Forgets removed cgroups that are neither wanted nor an ancestor of a wanted one. Returns how
  // many.
  Result<std::size_t> forget_removed(const std::function<bool(const RemovedCgroup&)>& wanted) const;

 private:
  int names_fd_;
  int removed_fd_;
};

}  // namespace cgtally::bpf
