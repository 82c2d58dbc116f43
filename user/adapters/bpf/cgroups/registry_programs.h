// SPDX-License-Identifier: Apache-2.0
// The kernel-side programs that write the name of each new cgroup of the unified hierarchy, and the
// death of each removed one, into maps that the ledger pins. Once pinned, the programs outlive this
// object and its process. What they wrote is read with CgroupRegistry (cgroup_book.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// To be pinned by the caller, or not.
struct RegistryMaps {
  sys::Fd names;    // cgroup id -> cgt_cgroup_name
  sys::Fd removed;  // cgroup id -> cgt_removed_cgroup
  sys::Fd missed;   // one u64: what fitted into neither

  static Result<RegistryMaps> create();
};

class RegistryPrograms {
 public:
  // Attaches the programs; they write from now on. The maps stay the caller's. Without `missed_fd`
  // the count is this object's own.
  static Result<RegistryPrograms> create(int names_fd, int removed_fd, int missed_fd = -1);

  RegistryPrograms(RegistryPrograms&&) noexcept;
  RegistryPrograms& operator=(RegistryPrograms&&) noexcept;
  ~RegistryPrograms();

  // As `<directory>/cgroup_mkdir`, `cgroup_rmdir` and `cgroup_release`, on a bpffs. Takes the place
  // of another's without a moment in which nobody writes.
  Result<void> pin(const std::string& directory);
  // Names and deaths that did not fit, whoever's programs missed them. While it rises, only a walk
  // over the hierarchy knows them.
  [[nodiscard]] std::uint64_t missed() const;

 private:
  struct Impl;
  explicit RegistryPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The pinned programs end with their pins. That there are none is no error.
Result<void> unpin_registry(const std::string& directory);

}  // namespace cgtally::bpf
