// SPDX-License-Identifier: Apache-2.0
// From facts about a container host to what cgtally can tell there: for each network of containers
// that is recognised, whether the uplink's traffic is named to the container, to the pod, or not at
// all, in each direction, and why. The facts are collected by adapters/host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/traffic/interface.h"

namespace cgtally {

enum class ServiceProxy : std::uint8_t { none, iptables, nftables, ipvs };
enum class CiliumRouting : std::uint8_t { unknown, stack, bpf };

struct ContainerHostFacts {
  std::vector<Interface> links;      // of the host's netns
  std::string default_route_device;  // this netns' own way out, also where that is a veth
  std::set<std::string> cni_types;   // the plugins in the node's CNI configuration: "aws-cni"
  bool kubelet = false;              // has its state here
  bool ecs = false;                  // the agent of Amazon ECS is configured here
  ServiceProxy proxy = ServiceProxy::none;
  CiliumRouting cilium_routing = CiliumRouting::unknown;
  std::optional<bool> bridge_calls_iptables;  // net.bridge.bridge-nf-call-iptables; none: no module
  bool conntrack_lookup = false;              // as in HostFacts
  std::size_t containers = 0;                 // cgroups of containers that are alive
  std::size_t named = 0;                      // those of which some file has the name
  std::string refused;                        // the first file that was not taken, and why
};

// What the account of a packet at the uplink is, as a rule.
enum class Precision : std::uint8_t { container, pod, unnamed };

struct NetworkPath {
  Precision precision = Precision::container;
  std::string why;
};

// A network of containers, or what stands in the way of one.
struct ContainerNetwork {
  std::string name;  // "AWS VPC CNI"
  std::string seen;  // by what it was recognised: "eni*, 12 devices"
  std::optional<NetworkPath> sent;
  std::optional<NetworkPath> received;  // none: it does not change what the others say
  std::string advice;                   // what to do for more; may be empty
};

[[nodiscard]] std::vector<ContainerNetwork> recognise_networks(const ContainerHostFacts& facts);
// What doctor prints of them.
[[nodiscard]] std::vector<std::string> network_lines(const std::vector<ContainerNetwork>& networks);

}  // namespace cgtally
