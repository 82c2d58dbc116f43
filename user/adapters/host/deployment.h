// SPDX-License-Identifier: Apache-2.0
// Gathers how this process was started (in a container or not, with which mounts and namespaces),
// and what could start another one here. Changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "core/health/deployment.h"

namespace cgtally::host {

[[nodiscard]] DeploymentFacts gather_deployment_facts(const std::string& host_root);

// The number of CPUs in "0-3,8-11", by the last one, as the kernel sizes per-CPU memory; at
// least 1.
[[nodiscard]] unsigned possible_cpus_in(std::string_view list);

}  // namespace cgtally::host
