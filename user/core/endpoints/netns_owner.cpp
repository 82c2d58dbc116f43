// SPDX-License-Identifier: Apache-2.0
// The owner is the deepest common ancestor of the cgroups. A container's sub-cgroups (of a systemd
// in it) belong to the container, and a pod's first container to the pod: the pod's others come
// later into the same netns.
#include "core/endpoints/netns_owner.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/containers/cgroup_identity.h"

namespace cgtally {
namespace {

constexpr std::size_t kPodIdDigits = 64;

bool is_contained(const CgroupIdentity& identity) {
  return identity.runtime != ContainerRuntime::none || !identity.pod_uid.empty();
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view last_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool ends_with_pod_id(std::string_view name) {
  return name.size() > kPodIdDigits &&
         name.substr(name.size() - kPodIdDigits).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

// The cgroup of podman's pod that a container's cgroup is in: "machine-libpod_pod_<id>.slice".
bool is_podman_pod(std::string_view path) {
  std::string_view name = last_of(path);
  if (name.ends_with(".slice")) {
    name.remove_suffix(std::string_view(".slice").size());
    return name.contains("libpod_pod_") && ends_with_pod_id(name);
  }
  return last_of(parent_of(path)) == "libpod_parent" && name.size() == kPodIdDigits;
}

// The cgroup that a process in `path` belongs to as far as its network goes.
std::string network_owner(const std::string& path, const CgroupIdentity& identity) {
  if (!is_contained(identity) || identity.runtime == ContainerRuntime::task) return path;
  const std::string_view above = parent_of(identity.cgroup);
  const bool in_pod = !identity.pod_uid.empty() && identity.runtime != ContainerRuntime::none;
  if (in_pod && identify_cgroup(above).pod_uid == identity.pod_uid) return std::string(above);
  if (identity.runtime == ContainerRuntime::podman && is_podman_pod(above)) {
    return std::string(above);
  }
  return identity.cgroup;
}

std::string_view common_ancestor(std::string_view a, std::string_view b) {
  while (!a.empty() && b != a && !(b.starts_with(a) && b[a.size()] == '/')) a = parent_of(a);
  return a;
}

// Cgroups that hold many owners, beside those at the top of the hierarchy.
bool is_shelf(std::string_view path) {
  if (parent_of(path).empty()) return true;
  constexpr std::array<std::string_view, 5> kShelves = {"kubepods.slice", "burstable", "besteffort",
                                                        "kubepods", "libpod_parent"};
  const std::string_view name = last_of(path);
  return std::ranges::find(kShelves, name) != kShelves.end() ||
         name.ends_with("kubepods-burstable.slice") ||
         name.ends_with("kubepods-besteffort.slice") ||
         (name.starts_with("user-") && name.ends_with(".slice"));
}

}  // namespace

NetnsOwner owner_of_netns(std::span<const std::string> cgroups) {
  std::set<std::string> owners;
  std::set<std::string> contained;
  for (const std::string& path : cgroups) {
    const CgroupIdentity identity = identify_cgroup(path);
    (is_contained(identity) ? contained : owners).insert(network_owner(path, identity));
  }
  if (!contained.empty()) owners = std::move(contained);
  if (owners.empty()) return {};
  std::string_view ancestor = *owners.begin();
  for (const std::string& owner : owners) ancestor = common_ancestor(ancestor, owner);
  const bool of_its_own = owners.contains(std::string(ancestor));
  if (ancestor.size() < 2 || (!of_its_own && is_shelf(ancestor))) {
    return {.cgroup = {}, .why = NetnsOwner::Why::shared};
  }
  return {.cgroup = std::string(ancestor), .why = NetnsOwner::Why::owned};
}

}  // namespace cgtally
