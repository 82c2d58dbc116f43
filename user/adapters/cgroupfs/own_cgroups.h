// SPDX-License-Identifier: Apache-2.0
// Cgroups that this process makes for itself, below one directory at the root of the unified
// hierarchy. Those of a process that was killed are found by their lock and removed by the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::cgroupfs {

struct OwnCgroup {
  std::string directory;  // "/sys/fs/cgroup/cgtally-selftest-4711/a"
  std::uint64_t id = 0;
};

// The directory, locked as long as this or a child process holds it, and the cgroups in it. The
// destructor removes them; their processes must have ended.
class OwnCgroups {
 public:
  // Removes what others have left under that prefix, then makes the directory.
  static Result<OwnCgroups> make(const std::string& mount, const std::string& prefix);

  OwnCgroups(OwnCgroups&& other) noexcept;
  OwnCgroups& operator=(OwnCgroups&&) = delete;
  ~OwnCgroups();

  Result<OwnCgroup> add(const std::string& name);
  // How many directories of killed processes were removed.
  [[nodiscard]] int removed_leftovers() const { return removed_; }

 private:
  OwnCgroups(std::string directory, sys::Fd lock, int removed)
      : directory_(std::move(directory)), lock_(std::move(lock)), removed_(removed) {}

  std::string directory_;
  sys::Fd lock_;
  int removed_ = 0;
};

}  // namespace cgtally::cgroupfs
