// SPDX-License-Identifier: Apache-2.0
// Finds the mount point of the unified cgroup hierarchy, and hosts that put containers into cgroup
// v1: there, the sockets of all containers belong to the root of the unified hierarchy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cgtally::cgroupfs {

// The best mount point of cgroup2 in /proc/self/mountinfo: one below host_root if that is set,
// before any other; then one that shows the hierarchy from its root.
[[nodiscard]] Result<std::string> cgroup2_mount(const std::string& host_root);

// False if it is no longer mounted there, or if a later mount hides it. An empty directory in its
// place looks like a hierarchy in which every cgroup has ended.
[[nodiscard]] bool is_cgroup2(const std::string& path);

// The mount points of cgroup2 in the text of a mountinfo file, best first.
[[nodiscard]] std::vector<std::string> cgroup2_mounts_in(std::string_view mountinfo,
                                                         std::string_view host_root);

// True if some process is in a container's cgroup of a v1 hierarchy, but in the root of the unified
// one.
[[nodiscard]] bool pods_in_cgroup_v1(const std::string& host_root);

// The same for one process, from the text of its /proc/PID/cgroup.
[[nodiscard]] bool is_v1_container(std::string_view proc_cgroup);

}  // namespace cgtally::cgroupfs
