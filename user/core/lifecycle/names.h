// SPDX-License-Identifier: Apache-2.0
// The name by which the ends of containers are compared. A pod's own name is another each time, so
// that it would have one end only.
#pragma once

#include <string>
#include <string_view>

#include "core/containers/container_name.h"
#include "core/containers/grouping.h"

namespace cgtally::lifecycle {

// A pod's name without what its controller has added: "api" of "api-6d4cf56db6-x7k2p" (Deployment),
// "api-x7k2p" (DaemonSet) and "api-0" (StatefulSet). Another name stays as it is.
[[nodiscard]] std::string workload_of(std::string_view pod);

// Grouping::cgroup: "shop/api/app" (namespace, workload, container), "web", "redis.service", or the
// path. Otherwise the name that --by has everywhere, where the account has one.
[[nodiscard]] std::string name_of_ends(Grouping by, std::string_view account,
                                       const ContainerName& owner);

}  // namespace cgtally::lifecycle
