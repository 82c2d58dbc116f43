// SPDX-License-Identifier: Apache-2.0
// The names of containers and pods by the paths of their cgroups, from files that runtimes and
// kubelet leave on their node. Asks no API and no daemon.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>

#include "core/base/units.h"
#include "core/containers/cgroup_identity.h"
#include "core/containers/container_name.h"

namespace cgtally::containers {

// Each CgroupNames has one. A name that was found is kept, so that a container that has ended and
// whose files are gone still has it; the latest kMostRemembered cgroups are remembered. One that
// was not found is looked for again, at growing intervals. Does not follow the files.
class ContainerNames {
 public:
  static constexpr std::size_t kMostRemembered = 65'536;

  // `on_refusal` is told once, of the first file that was there and could not be taken.
  using OnRefusal = std::function<void(const std::string& refused)>;
  explicit ContainerNames(std::string host_root, OnRefusal on_refusal = {});

  // `path` is the raw one of a cgroup; `now` the time since boot.
  [[nodiscard]] ContainerName name_of(const std::string& path, Nanoseconds now);
  // The time from which on that may be another one; max() if it will not change.
  [[nodiscard]] Nanoseconds next_look(const std::string& path);

 private:
  struct Entry {
    ContainerName name;
    bool settled = false;  // need not be looked for again
    Nanoseconds next{};    // earliest next look
    Nanoseconds pause{};   // between the last look and that one
  };
  using Entries = std::unordered_map<std::string, Entry>;

  Entry& entry_of(const std::string& path);
  void look(Entry& entry, const std::string& path, Nanoseconds now);
  void refused(Entry& entry, const std::string& what);

  std::string host_root_;
  OnRefusal on_refusal_;  // empty once it was told
  Entries newer_;
  Entries older_;
};

struct FoundName {
  ContainerName name;   // empty if no file has one
  std::string refused;  // if there is no name: the first file that was not taken, and why
};
// One look at the files. Reads at most 4 MiB of a file and 16 384 names of a directory; follows
// links only within the host's root.
[[nodiscard]] FoundName find_container_name(const std::string& host_root,
                                            const CgroupIdentity& identity);

}  // namespace cgtally::containers
