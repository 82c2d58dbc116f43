// SPDX-License-Identifier: Apache-2.0
// The kernel side of the registry: programs that write the name of each new cgroup of the unified
// hierarchy, when its processes came and left, and the removal of each removed one, into maps that
// the ledger pins. CgroupRegistry and Lives read what they write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// The maps that the programs write. The caller keeps them open.
struct RegistryFds {
  int names;
  int removed;
  int missed;
  int lives;
};

// The maps of a registry. The caller may pin them.
struct RegistryMaps {
  sys::Fd names;    // cgroup id -> cgt_cgroup_name
  sys::Fd removed;  // cgroup id -> cgt_removed_cgroup
  sys::Fd missed;   // one u64: how many entries fitted into neither
  sys::Fd lives;    // cgroup id -> cgt_life

  static Result<RegistryMaps> create();
  [[nodiscard]] RegistryFds fds() const {
    return {names.get(), removed.get(), missed.get(), lives.get()};
  }
};

// The loaded and attached programs. The keeper creates and pins them; once pinned, they outlive
// this object and its process. Does not read the maps.
class RegistryPrograms {
 public:
  // Attaches the programs; they write from now on.
  static Result<RegistryPrograms> create(const RegistryFds& maps);

  RegistryPrograms(RegistryPrograms&&) noexcept;
  RegistryPrograms& operator=(RegistryPrograms&&) noexcept;
  ~RegistryPrograms();

  // Pins the links as cgroup_mkdir, cgroup_rmdir, cgroup_release and cgroup_populated below
  // `directory`. Replaces earlier pins without a moment in which no program writes.
  Result<void> pin(const std::string& directory);
  // How many names and removals did not fit, in all programs that use the maps. If the number
  // rises, only a walk over the hierarchy finds them.
  [[nodiscard]] std::uint64_t missed() const;

 private:
  struct Impl;
  explicit RegistryPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Removes the pins, which ends the programs. Succeeds if there are none.
Result<void> unpin_registry(const std::string& directory);

}  // namespace cgtally::bpf
