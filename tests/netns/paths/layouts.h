// SPDX-License-Identifier: Apache-2.0
// The ways in which a pod's packets get to an uplink and back. Each function makes one of them in
// the host of a scene, with two pods.
#pragma once

#include <string>

#include "netns/paths/path_scene.h"

namespace cgtally::harness {

enum class IpVersion { v4, v6 };

// One address without a subnet, a gateway of link scope: CNI's ptp, AWS VPC CNI, Calico, GKE.
void lay_routed(PathScene& scene, IpVersion version = IpVersion::v4);
void lay_routed_masquerade(PathScene& scene);
// The frames of the pods are merged by GRO at the host's side of the veth.
void lay_routed_with_gro(PathScene& scene);
void lay_routed_udp_without_connect(PathScene& scene);
void lay_routed_beside_listener(PathScene& scene);
// Forwarded packets wait in a queue of netfilter for a process.
void lay_routed_through_queue(PathScene& scene);
// docker, podman, cni0.
void lay_bridge(PathScene& scene, IpVersion version = IpVersion::v4);
void lay_bridge_masquerade(PathScene& scene, bool call_iptables);
// The pods take turns in sending datagrams of several fragments, which conntrack puts together and
// the host cuts again.
void lay_routed_fragments(PathScene& scene);
void lay_bridge_fragments(PathScene& scene);
// And a virtual machine sends through the same bridge, by a tap, which is no container's.
void lay_bridge_beside_tap(PathScene& scene);
// The remote asks at a port of the host.
void lay_published(PathScene& scene, IpVersion version = IpVersion::v4);
void lay_published_beside_listener(PathScene& scene);
// The same by the kernel's own load balancer.
void lay_ipvs(PathScene& scene);
// And the pods ask each other and themselves there: nothing of that comes to the uplink.
void lay_hairpin(PathScene& scene);
void lay_shared_netns(PathScene& scene);
void lay_vxlan(PathScene& scene);
void lay_host_network(PathScene& scene);
void lay_macvlan(PathScene& scene);
void lay_macvlan_beside_listener(PathScene& scene);
// A container in each container, behind a veth and MASQUERADE of its own.
void lay_nested(PathScene& scene);

// Why this kernel or machine cannot have the path; empty if it can.
[[nodiscard]] std::string why_no_queue();
[[nodiscard]] std::string why_no_ipvs();

}  // namespace cgtally::harness
