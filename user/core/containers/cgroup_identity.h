// SPDX-License-Identifier: Apache-2.0
// The owner that the path of a cgroup tells by itself: which runtime made it, and the ids under
// which the runtime and kubelet file the owner's names. A path proves no name: anybody may make a
// cgroup below one that was given to him, so that ids count only where the host's own managers put
// them, and what lies below a container belongs to that container, whatever it is called.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cgtally {

enum class ContainerRuntime : std::uint8_t {
  none,        // a systemd unit, a pod's own cgroup, or nothing that is known
  kubernetes,  // of a pod, by a runtime that the path does not tell (the driver cgroupfs)
  containerd,
  crio,
  docker,
  podman,
  task,     // perhaps a task of containerd outside Kubernetes: "/default/web"
  machine,  // registered with systemd-machined
  lxc,
};

// What is not known is empty. Nothing in it is escaped, and ids are safe as a part of a path.
// Where kubelet_root is set, anybody who may make cgroups below there could have made the pod's
// path, too: only kubelet's configuration, or a bundle that has this very path, proves it.
struct CgroupIdentity {
  ContainerRuntime runtime = ContainerRuntime::none;
  std::string container_id;    // 64 hexadecimal digits; for a task its name
  std::string task_namespace;  // of containerd, only for a task
  std::string pod_uid;         // as the API server has it, with '-'
  std::string unit;            // systemd's: "redis.service", "getty@tty1.service"
  std::string user_unit;       // the same of a user's manager, below "user@1000.service"
  std::string machine;         // of machined or LXC
  std::string kubelet_root;    // "/podruntime", where kubelet's tree lies below a --cgroup-root
  std::string cgroup;          // the path of the container's, pod's or unit's own cgroup
  bool operator==(const CgroupIdentity&) const = default;
};

// `path` as the kernel has it, from the root of the hierarchy: "/system.slice/redis.service".
[[nodiscard]] CgroupIdentity identify_cgroup(std::string_view path);
// Whether the path is one that a container, a pod or a machine may have, or what lies below it.
[[nodiscard]] bool may_have_container_name(std::string_view path);
// Whether a bundle that says `cgroups_path` (linux.cgroupsPath of its config.json:
// "slice:prefix:id" or a path) is that of the container in the cgroup `path`.
[[nodiscard]] bool is_bundle_of_cgroup(std::string_view cgroups_path, std::string_view path);
// Whether docker puts a container whose CgroupParent is `cgroup_parent` (empty: the default one)
// into the cgroup `cgroup`.
[[nodiscard]] bool is_docker_cgroup(std::string_view cgroup_parent, std::string_view cgroup);

}  // namespace cgtally
