// SPDX-License-Identifier: Apache-2.0
// Gathers what is to be seen on the node of its container networks: devices, CNI configuration, who
// translates addresses, whose state directories are there, and how many containers have a name.
// Asks no API and no daemon; a fact that cannot be read counts as absent.
#pragma once

#include <string>
#include <string_view>

#include "core/health/container_networks.h"

namespace cgtally::host {

[[nodiscard]] ContainerHostFacts gather_container_facts(const std::string& host_root);

// Whether /proc/net/ip_vs lists a virtual service.
[[nodiscard]] bool has_ipvs_service(std::string_view ip_vs);
// From Cilium's node_config.h; unknown if the text is empty.
[[nodiscard]] CiliumRouting cilium_routing_in(std::string_view node_config);
// The types of the plugins in one file of CNI configuration.
void add_cni_types(std::string_view json, std::set<std::string>& types);

}  // namespace cgtally::host
