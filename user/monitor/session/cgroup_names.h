// SPDX-License-Identifier: Apache-2.0
// The names of cgroups while a command runs: first those in the tree, then those that the kernel
// reports as cgroups are made and removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_events.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/containers/container_names.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Each session has one. Keeps the names of removed cgroups, too, as cgroupfs::Names does. Knows
// nothing of cgroups that were removed before start().
class CgroupNames {
 public:
  // Finds where the hierarchy is mounted; needs no privilege. `notices` must outlive this: the
  // first of a container's files that cannot be taken is reported there.
  static Result<CgroupNames> find(const std::string& host_root, Notices& notices);
  // Reads the tree. From here on the kernel reports what is made and removed.
  Result<void> start();

  // The poller, which must outlive this, calls process_events() when there are any.
  Result<void> follow_changes(sys::Poller& poller);
  void process_events();
  // The same, but leaves removals for the next process_events(). For the moment after the ledger
  // was read: each cgroup in the reading has a name then, and none is already marked as removed.
  void process_creations();

  // The path, and the container's name if it has one, as of the last look at the events.
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const;
  [[nodiscard]] cgroupfs::Names& names() { return names_; }

 private:
  CgroupNames(std::string mount, containers::ContainerNames containers)
      : mount_(std::move(mount)), containers_(std::move(containers)) {}
  void note_creation(const bpf::CgroupEvent& event);

  std::string mount_;
  std::optional<bpf::CgroupEvents> events_;
  mutable cgroupfs::Names names_;                  // which remember whose a cgroup is
  mutable containers::ContainerNames containers_;  // remembers what it was asked for
  Nanoseconds now_{};                              // boot time of the last look at the events
  std::uint64_t lost_events_ = 0;
  std::vector<std::uint64_t> pending_removals_;
};

}  // namespace cgtally::monitor
