// SPDX-License-Identifier: Apache-2.0
// Each environment of containers, from what its node shows to what doctor says of it.
#include "core/health/container_networks.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/health/host_diagnosis.h"

namespace cgtally {
namespace {

Interface device(std::string name, std::string kind) {
  Interface link;
  link.name = std::move(name);
  link.kind = std::move(kind);
  link.up = true;
  return link;
}

ContainerHostFacts with(std::vector<Interface> links) {
  ContainerHostFacts facts;
  facts.links = std::move(links);
  facts.conntrack_lookup = true;
  return facts;
}

std::string text_of(const ContainerHostFacts& facts) {
  std::string text;
  for (const std::string& line : network_lines(recognise_networks(facts))) text += line + "\n";
  return text;
}

TEST(ContainerNetworks, AHostWithoutContainersHasNone) {
  EXPECT_EQ(text_of(with({device("lo", ""), device("eth0", ""), device("wlan0", "")})), "");
}

TEST(ContainerNetworks, AwsVpcCniIsContainerExactBothWays) {
  ContainerHostFacts facts =
      with({device("ens5", ""), device("eni0a1", "veth"), device("eni0a2", "veth")});
  facts.kubelet = true;
  facts.proxy = ServiceProxy::iptables;
  EXPECT_EQ(text_of(facts),
            "network   AWS VPC CNI (eni*, 2 devices)\n"
            "          sent      container  handed over from its veth, through NAT as well\n"
            "          received  container  by the pod's address, then its socket; the pod where "
            "that is not "
            "certain\n"
            "network   kube-proxy, iptables (chain KUBE-SERVICES)\n"
            "          received  container  NodePorts and replies by conntrack, then its socket\n");
}

TEST(ContainerNetworks, SecurityGroupsForPodsHaveDevicesOfTheirOwn) {
  ContainerHostFacts facts =
      with({device("eni0a1", "veth"), device("vlan0a2", "veth"), device("vlan.eth.1", "vlan")});
  facts.cni_types = {"aws-cni"};
  const auto found = recognise_networks(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].name, "security groups for pods");
  EXPECT_EQ(found[1].sent->precision, Precision::container);
}

TEST(ContainerNetworks, ANodeWithoutPodsIsToldByItsCniConfiguration) {
  for (const auto& [type, name] : {std::pair{"aws-cni", "AWS VPC CNI"},
                                   {"calico", "Calico"},
                                   {"flannel", "flannel"},
                                   {"cilium-cni", "Cilium"}}) {
    ContainerHostFacts facts = with({});
    facts.cni_types = {type};
    const auto found = recognise_networks(facts);
    ASSERT_FALSE(found.empty()) << type;
    EXPECT_EQ(found[0].name, name);
  }
}

// A kernel that cannot ask conntrack learns who answers from what is sent.
TEST(ContainerNetworks, WithoutALookupOfTranslationsTheFirstPacketsAreForwarded) {
  ContainerHostFacts facts = with({device("docker0", "bridge"), device("veth1", "veth")});
  EXPECT_EQ(
      text_of(facts),
      "network   docker bridge (docker0)\n"
      "          sent      container  handed over from the bridge's ports, through NAT as well\n"
      "          received  container  published ports and replies by conntrack, then its socket\n");
  facts.conntrack_lookup = false;
  EXPECT_EQ(
      text_of(facts),
      "network   docker bridge (docker0)\n"
      "          sent      container  handed over from the bridge's ports, through NAT as well\n"
      "          received  container  published ports and replies learned from what is sent; until "
      "the "
      "first answer it is (forwarded)\n");
  facts.kubelet = true;
  facts.proxy = ServiceProxy::nftables;
  EXPECT_NE(text_of(facts).find("table kube-proxy"), std::string::npos);
  EXPECT_NE(text_of(facts).find("-> a kernel from 5.18 on"), std::string::npos);
}

TEST(ContainerNetworks, BridgesAreThoseOfRuntimesOnly) {
  EXPECT_EQ(text_of(with({device("br0", "bridge"), device("br-lan", "bridge")})), "")
      << "the host's own bridges";
  EXPECT_EQ(recognise_networks(with({device("br-0123456789ab", "bridge")}))[0].name,
            "docker bridge");
  EXPECT_EQ(
      recognise_networks(with({device("cni0", "bridge"), device("podman1", "bridge")}))[0].seen,
      "cni0, podman1");
  ContainerHostFacts facts = with({device("docker0", "bridge")});
  facts.bridge_calls_iptables = true;
  EXPECT_EQ(recognise_networks(facts)[0].seen,
            "docker0; bridge-nf-call-iptables=1, which takes no name away");
}

TEST(ContainerNetworks, EcsIsTheBridgeOrEachTasksOwnInterface) {
  ContainerHostFacts facts = with({device("docker0", "bridge")});
  facts.ecs = true;
  ASSERT_EQ(recognise_networks(facts).size(), 1U);
  EXPECT_EQ(recognise_networks(facts)[0].name, "ECS, bridge mode");
  facts.links = {device("ecs-bridge", "bridge")};
  ASSERT_EQ(recognise_networks(facts).size(), 1U);
  EXPECT_EQ(text_of(facts),
            "network   ECS, awsvpc mode (ecs-br*, 1 device)\n"
            "          sent      container  counted on the task's own interface, in its netns\n"
            "          received  container  as sent; not at the host's uplink\n"
            "                      -> count with --netns all\n");
}

TEST(ContainerNetworks, CalicosTunnelsHaveLinesOfTheirOwn) {
  const auto found = recognise_networks(
      with({device("cali0", "veth"), device("tunl0", "ipip"), device("vxlan.calico", "vxlan"),
            device("wireguard.cali", "wireguard")}));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].name, "Calico");
  EXPECT_EQ(found[1].name, "tunnel tunl0");
  EXPECT_EQ(found[2].received->why, "by the address in the inner headers");
  EXPECT_EQ(found[3].sent->precision, Precision::unnamed);
  EXPECT_EQ(found[3].advice, "count the pods' side: --iface wireguard.cali");
}

TEST(ContainerNetworks, ATunnelThatIsDownCarriesNothing) {
  Interface down = device("tunl0", "ipip");
  down.up = false;
  EXPECT_EQ(text_of(with({down})), "");
}

TEST(ContainerNetworks, FlannelIsABridgeWithOrWithoutATunnel) {
  ContainerHostFacts facts =
      with({device("cni0", "bridge"), device("veth1", "veth"), device("flannel.1", "vxlan")});
  auto found = recognise_networks(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "flannel");
  EXPECT_EQ(found[1].name, "tunnel flannel.1");
  facts.links.pop_back();
  facts.cni_types = {"flannel", "portmap"};
  found = recognise_networks(facts);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].seen, "CNI configuration");
}

TEST(ContainerNetworks, CiliumIsSaidWithItsRouting) {
  ContainerHostFacts facts = with({device("cilium_host", "veth"), device("cilium_net", "veth"),
                                   device("lxc0", "veth"), device("lxc_health", "veth")});
  facts.kubelet = true;
  facts.cilium_routing = CiliumRouting::bpf;
  EXPECT_EQ(
      text_of(facts),
      "network   Cilium, BPF host routing (lxc*, 2 devices)\n"
      "          sent      container  packets keep their socket; our program runs before Cilium's\n"
      "          received  container  by the pod's address, then its socket; the pod where that is "
      "not "
      "certain\n"
      "network   Services by Cilium (no kube-proxy)\n"
      "          received  container  NodePorts learned from what is sent; until the first answer "
      "it is "
      "(forwarded)\n");
  facts.cilium_routing = CiliumRouting::stack;
  facts.proxy = ServiceProxy::iptables;
  const auto found = recognise_networks(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "Cilium, routed by the kernel");
  EXPECT_EQ(found[0].sent->why, "handed over from its veth, through NAT as well");
  EXPECT_EQ(found[1].name, "kube-proxy, iptables");
}

TEST(ContainerNetworks, IpvsIsToldByItsDeviceOrItsServices) {
  ContainerHostFacts facts = with({device("cali0", "veth"), device("kube-ipvs0", "dummy")});
  EXPECT_EQ(recognise_networks(facts).back().name, "kube-proxy, IPVS");
  facts.links.pop_back();
  facts.proxy = ServiceProxy::ipvs;
  EXPECT_EQ(recognise_networks(facts).back().name, "IPVS");
  EXPECT_EQ(recognise_networks(facts).back().received->why,
            "Services by conntrack, then its socket");  // to which IPVS tells both tuples
  facts.conntrack_lookup = false;
  EXPECT_EQ(recognise_networks(facts).back().received->why,
            "Services learned from what is sent; until the first answer it is (forwarded)");
}

TEST(ContainerNetworks, VethsOfNobodyKnownAreRouted) {
  const auto found = recognise_networks(with({device("gke0a1", "veth"), device("gke0a2", "veth")}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "routed veths");
  EXPECT_EQ(found[0].seen, "veth, 2 devices");
}

TEST(ContainerNetworks, AVethThatLeadsOutIsNoPods) {
  ContainerHostFacts facts = with({device("eth0", "veth")});
  facts.default_route_device = "eth0";
  EXPECT_EQ(text_of(facts), "");
}

TEST(ContainerNetworks, ANameFromTheNodeReachesTheTerminalEscaped) {
  EXPECT_EQ(text_of(with({device("x\x1b[31m", "vxlan")})).substr(0, 34),
            "network   tunnel x\\x1b[31m (vxlan)");
}

TEST(ContainerNetworks, NamesThatAreNotKnownAreCountedWithTheReason) {
  HostFacts facts;
  const auto finding = [&facts] { return diagnose(facts).back(); };
  EXPECT_NE(finding().check, "names") << "no containers, no line";
  facts.containers.containers = 43;
  facts.containers.named = 43;
  EXPECT_EQ(finding().check, "names");
  EXPECT_EQ(finding().detail, "known of 43 containers");
  facts.containers.named = 41;
  facts.containers.refused = "/run/x is larger than 4 MiB";
  EXPECT_EQ(finding().verdict, Finding::Verdict::degraded);
  EXPECT_EQ(finding().detail, "2 of 43 containers not known: shown by the cgroup's path");
  EXPECT_EQ(finding().hint, "/run/x is larger than 4 MiB");
  facts.containers.refused.clear();
  EXPECT_NE(finding().hint, "");
}

}  // namespace
}  // namespace cgtally
