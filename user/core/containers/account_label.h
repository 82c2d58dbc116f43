// SPDX-License-Identifier: Apache-2.0
// The words by which people know an account, for screens: the container's name, the pod's, or the
// unit's. CSVs and JSON have the account's path beside them, which is never put into words.
#pragma once

#include <string>
#include <string_view>

#include "core/containers/container_name.h"

namespace cgtally {

// "shop/api-7c9f app" (namespace/pod container), "web" (a container without a pod), "pod
// shop/api-7c9f" (a pod's own cgroup), "redis.service", "user@1000.service/tmux.service"; the
// account itself if it has no name: a path that tells nothing, or a reason. What lies below a
// container's or a unit's cgroup is added: "web/init.scope". `account` is escaped, like the names.
[[nodiscard]] std::string account_label(std::string_view account, const ContainerName& owner);
// The first part of it: "" if the name is empty, "namespace shop" if nothing else is known.
[[nodiscard]] std::string container_label(const ContainerName& owner);
// The unit that the path tells, for an account that is no container's: "redis.service"; empty if
// there is none. A container's own scope is no name that people use.
[[nodiscard]] std::string account_unit(std::string_view account);

}  // namespace cgtally
