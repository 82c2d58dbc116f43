// SPDX-License-Identifier: Apache-2.0
// What the kernel side remembers of cgroups: their names, built from parent to parent, and which of
// them have died. Works on the two maps alone, whoever fills them. Any number of readers; only the
// keeper adds and forgets.
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

// "/b/c" below the cgroup `ancestor`, whose own name is not here. Whole if that is the root (id 1).
struct CgroupTrail {
  std::uint64_t ancestor = 0;
  std::string below;  // empty if nothing at all is known of the cgroup
};

class CgroupRegistry {
 public:
  // The file descriptors stay the caller's, and open.
  CgroupRegistry(int names_fd, int removed_fd) : names_fd_(names_fd), removed_fd_(removed_fd) {}

  [[nodiscard]] CgroupTrail trail_of(std::uint64_t id) const;

  // The full path. `known` gives that of an ancestor which is not here; without it, or where it
  // knows nothing either, there is none.
  using Known = std::function<std::optional<std::string>(std::uint64_t id)>;
  [[nodiscard]] std::optional<std::string> name_of(std::uint64_t id, const Known& known = {}) const;

  // Each that was there before and after the call once; what comes or goes meanwhile perhaps.
  [[nodiscard]] Result<std::vector<RemovedCgroup>> removed_cgroups() const;
  // How many names are held.
  [[nodiscard]] Result<std::size_t> name_count() const;
  [[nodiscard]] std::optional<RemovedCgroup> removal_of(std::uint64_t id) const;

  // Of a cgroup that was made before the kernel side wrote: what that wrote stands.
  [[nodiscard]] Result<void> remember(std::uint64_t id, std::uint64_t parent,
                                      const std::string& name) const;
  // Both entries. A release that comes later makes a death without a name: forgotten in its turn.
  // A name is needed as long as anybody asks for one below it: see the next.
  void forget(std::uint64_t id) const;
  // Forgets the dead that are neither wanted nor an ancestor of one that is. Returns how many.
  Result<std::size_t> forget_removed(const std::function<bool(const RemovedCgroup&)>& wanted) const;

 private:
  int names_fd_;
  int removed_fd_;
};

}  // namespace cgtally::bpf
