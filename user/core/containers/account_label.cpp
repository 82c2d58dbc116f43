// SPDX-License-Identifier: Apache-2.0
#include "core/containers/account_label.h"

#include <fmt/core.h>

#include "core/containers/cgroup_identity.h"

namespace cgtally {
namespace {

constexpr std::string_view kUnitGroup = "unit:";
// Podman's crun puts the processes of each container into a cgroup of this name.
constexpr std::string_view kPayload = "/container";

std::string unit_of(const CgroupIdentity& identity) {
  const bool own_scope =
      !identity.container_id.empty() && identity.unit.contains(identity.container_id);
  if (identity.unit.empty() || own_scope) return {};
  return identity.user_unit.empty() ? identity.unit
                                    : fmt::format("{}/{}", identity.unit, identity.user_unit);
}

}  // namespace

std::string container_label(const ContainerName& owner) {
  if (owner.pod.empty()) {
    if (!owner.container.empty()) return owner.container;
    return owner.k8s_namespace.empty() ? "" : fmt::format("namespace {}", owner.k8s_namespace);
  }
  const std::string pod = owner.k8s_namespace.empty()
                              ? owner.pod.str()
                              : fmt::format("{}/{}", owner.k8s_namespace, owner.pod);
  return owner.container.empty() ? fmt::format("pod {}", pod)
                                 : fmt::format("{} {}", pod, owner.container);
}

std::string account_unit(std::string_view account) { return unit_of(identify_cgroup(account)); }

std::string account_label(std::string_view account, const ContainerName& owner) {
  if (account.starts_with(kUnitGroup)) return std::string(account.substr(kUnitGroup.size()));
  const CgroupIdentity identity = identify_cgroup(account);
  std::string name = container_label(owner);
  const bool container = !name.empty();
  if (!container) name = unit_of(identity);
  if (name.empty()) return std::string(account);
  std::string_view below = account;
  if (!identity.cgroup.empty()) below.remove_prefix(identity.cgroup.size());
  if (identity.cgroup.empty() || (container && below == kPayload)) return name;
  return name.append(below);
}

}  // namespace cgtally
