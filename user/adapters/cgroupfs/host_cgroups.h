// SPDX-License-Identifier: Apache-2.0
// The cgroups of processes: from the path that /proc shows of one, which begins at the reader's own
// cgroup namespace, to the path from the root of the hierarchy, and to the cgroup's id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::cgroupfs {

// Finds the hierarchy once. Keeps no path: an id is that of the cgroup that has the path now.
class HostCgroups {
 public:
  static Result<HostCgroups> find(const std::string& host_root);

  // "/../../kubepods.slice/x" as the host has it: "/kubepods.slice/x"; empty if it cannot be told.
  [[nodiscard]] std::string absolute(std::string_view from_proc) const;
  // 0: there is none, or it cannot be seen from here.
  [[nodiscard]] std::uint64_t id_of(const std::string& path) const;

 private:
  HostCgroups(std::string mount, std::string own)
      : mount_(std::move(mount)), own_(std::move(own)) {}
  std::string mount_;
  std::string own_;  // the root of the reader's cgroup namespace; empty: that of the hierarchy
};

// `own` is the root of the reader's cgroup namespace, "" for the root of the hierarchy.
[[nodiscard]] std::string absolute_cgroup(std::string_view from_proc, std::string_view own);

}  // namespace cgtally::cgroupfs
