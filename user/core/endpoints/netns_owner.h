// SPDX-License-Identifier: Apache-2.0
// The owner of a network namespace, from the cgroups of the processes in it: a pod, a container, or
// a unit. Cautious: where the processes belong to several owners there is none.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace cgtally {

struct NetnsOwner {
  enum class Why : std::uint8_t {
    owned,
    no_process,  // none is in it, or none that we may see
    shared,      // its processes have no owner in common that owns nothing else
    no_cgroup,   // the owner's cgroup cannot be found in the mounted hierarchy
  };
  std::string cgroup;  // the path of the owner's cgroup; empty if not owned
  Why why = Why::no_process;
};

// `cgroups` are the paths of the processes' cgroups, repetitions allowed. Processes of the host
// that have entered a container's namespace (nsenter, agents) do not count beside the container's.
[[nodiscard]] NetnsOwner owner_of_netns(std::span<const std::string> cgroups);

}  // namespace cgtally
