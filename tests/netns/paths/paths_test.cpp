// SPDX-License-Identifier: Apache-2.0
// The table of paths: for each way between a container and the uplink, whose account its bytes are
// on. The sum is what the wire carried; of a pod's bytes at least 99.9 % are where they belong, the
// rest is on reasons, and not one byte is on anybody else. Each test also prints its row of
// docs/containers.md, which scripts/paths-table puts there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "netns/paths/carried.h"
#include "netns/paths/layouts.h"

namespace cgtally::harness {
namespace {

// Where all but a thousandth of the bytes shall be; `pod` says: on the pod or on its container,
// `certain`: there or on a reason.
enum class PathOwner { container, pod, certain };

struct Path {
  std::string test;
  std::string title;
  void (*lay)(PathScene&);
  PathOwner sent, received;
  std::string (*why_not)() = [] { return std::string(); };
};

void PrintTo(const Path& path, std::ostream* out) { *out << path.title; }

// One direction of all pods, in bytes: what they moved, and where it is.
struct PathBytes {
  std::uint64_t moved = 0, on_containers = 0, on_pods = 0;
  std::string reason;  // the one that has most
};

std::uint64_t bytes_of(const Traffic& traffic, bool sent) {
  return sent ? traffic.tx_bytes.value : traffic.rx_bytes.value;
}

bool is_at_or_below(const std::string& account, const std::string& path) {
  return account == path || account.starts_with(path + "/");
}

std::string list_of(const PathOutcome& outcome) {
  std::string text;
  for (const auto& [account, traffic] : outcome.accounts) {
    text += fmt::format("  {}: sent {}, received {}\n", account, traffic.tx_bytes.value,
                        traffic.rx_bytes.value);
  }
  return text;
}

class Paths : public testing::TestWithParam<Path> {
 protected:
  // One direction: a pod's bytes are where they shall be, and none of them is on the other's
  // accounts.
  static void judge(const PathScene& scene, const PathOutcome& outcome, PathOwner owner,
                    bool sent) {
    for (std::size_t i = 0; i < scene.pods().size(); ++i) {
      const PathPod& pod = *scene.pods()[i];
      const auto moved = bytes_of(outcome.of_pods[i], sent);
      std::uint64_t of_pod = 0, of_container = 0;
      for (const auto& [account, traffic] : outcome.accounts) {
        if (is_at_or_below(account, pod.pod_path())) of_pod += bytes_of(traffic, sent);
        if (account == pod.container_path()) of_container += bytes_of(traffic, sent);
      }
      const auto right = owner == PathOwner::container ? of_container : of_pod;
      EXPECT_GT(moved, 1'000'000U);
      EXPECT_GE(right * 1000, owner == PathOwner::certain ? 0 : moved * 999)
          << (sent ? "sent by " : "received by ") << pod.label();
      EXPECT_LE(of_pod, moved) << "more than pod " << pod.label() << " moved is on its accounts";
    }
  }

  static PathBytes find(const PathScene& scene, const PathOutcome& outcome, bool sent) {
    PathBytes bytes;
    std::uint64_t most = 0;
    for (const auto& moved : outcome.of_pods) bytes.moved += bytes_of(moved, sent);
    for (const auto& [account, traffic] : outcome.accounts) {
      const auto here = bytes_of(traffic, sent);
      for (const auto& pod : scene.pods()) {
        if (account == pod->container_path()) {
          bytes.on_containers += here;
        } else if (is_at_or_below(account, pod->pod_path())) {
          bytes.on_pods += here;
        }
      }
      if (account.starts_with('(') && here > most) {
        most = here;
        bytes.reason = account;
      }
    }
    return bytes;
  }

  static void expect_nobody_else(const PathScene& scene, const PathOutcome& outcome) {
    for (const auto& [account, traffic] : outcome.accounts) {
      bool known = account.starts_with('(') || scene.strangers().contains(account);
      for (const auto& pod : scene.pods()) known |= is_at_or_below(account, pod->pod_path());
      if (!known) {
        EXPECT_EQ(traffic, Traffic{}) << account << " has bytes of others";
      }
    }
  }

  // Shares, but for those that are less than shows.
  static std::string cell(const PathBytes& bytes) {
    const auto named = std::min(bytes.moved, bytes.on_containers + bytes.on_pods);
    std::string text;
    for (const auto& [owner, part] : {std::pair{std::string("container"), bytes.on_containers},
                                      std::pair{std::string("pod"), bytes.on_pods},
                                      std::pair{"`" + bytes.reason + "`", bytes.moved - named}}) {
      const auto share = 100.0 * static_cast<double>(part) / static_cast<double>(bytes.moved);
      if (share >= 0.005)
        text += fmt::format("{}{} {:.2f} %", text.empty() ? "" : ", ", owner, share);
    }
    return text;
  }
};

TEST_P(Paths, HaveTheirBytesWhereTheyBelong) {
  const Path& path = GetParam();
  if (const auto reason = path.why_not(); !reason.empty()) {
    std::cout << fmt::format("| {} | {} | |\n", path.title, reason);
    GTEST_SKIP() << reason;
  }
  PathScene scene;
  path.lay(scene);
  const auto outcome = scene.run();
  Traffic all;
  for (const auto& [account, traffic] : outcome.accounts) all += traffic;
  EXPECT_EQ(all, outcome.wire) << "the sum is not what the wire carried";
  expect_nobody_else(scene, outcome);
  judge(scene, outcome, path.sent, true);
  judge(scene, outcome, path.received, false);
  std::cout << fmt::format("| {} | {} | {} |\n", path.title, cell(find(scene, outcome, true)),
                           cell(find(scene, outcome, false)));
  if (HasFailure()) std::cout << list_of(outcome);
}

// What the container has at the uplink is what it has at the interface in its own network
// namespace.
TEST(PathsTwice, TheUplinkAndThePodsOwnInterfaceAgree) {
  for (const bool bridged : {false, true}) {
    PathScene scene;
    bridged ? lay_published(scene) : lay_routed(scene);
    scene.count_inside();
    const auto outcome = scene.run();
    for (std::size_t i = 0; i < scene.pods().size(); ++i) {
      EXPECT_EQ(outcome.inside[i], outcome.of_pods[i]) << list_of(outcome);
      const auto& at_uplink = outcome.accounts.at(scene.pods()[i]->container_path());
      EXPECT_LE(at_uplink, outcome.inside[i]);
      EXPECT_EQ(at_uplink.tx_bytes, outcome.inside[i].tx_bytes);
      if (!bridged) {  // no first packet in doubt
        EXPECT_EQ(at_uplink, outcome.inside[i]);
      }
    }
  }
}

// What the uplink's program found by address, socket or conntrack is what the host carried to the
// pod's veth: the oracle knows nothing but which sk_buff came in and which went out.
TEST(PathsTwice, TheUplinkAndTheMirroredHandOverAgree) {
  struct Way {
    void (*lay)(PathScene&);
    bool has_doubtful_first;
  };
  for (const auto& [lay, has_doubtful_first] :
       {Way{[](PathScene& s) { lay_routed(s); }, false},
        Way{[](PathScene& s) { lay_routed(s, IpVersion::v6); }, false},
        Way{lay_routed_masquerade, false}, Way{[](PathScene& s) { lay_bridge(s); }, false},
        Way{[](PathScene& s) { lay_published(s); }, true}}) {
    PathScene scene;
    lay(scene);
    const Carried carried(scene);
    const auto outcome = scene.run();
    for (std::size_t i = 0; i < scene.pods().size(); ++i) {
      const Traffic oracle = carried.to(*scene.pods()[i]);
      const auto& at_uplink = outcome.accounts.at(scene.pods()[i]->container_path());
      EXPECT_EQ(oracle.rx_packets, outcome.of_pods[i].rx_packets);
      EXPECT_EQ(oracle.rx_bytes, outcome.of_pods[i].rx_bytes);
      EXPECT_GT(oracle.rx_bytes.value, 1'000'000U);
      EXPECT_LE(at_uplink.rx_bytes, oracle.rx_bytes);
      if (!has_doubtful_first) {
        EXPECT_EQ(at_uplink.rx_bytes, oracle.rx_bytes) << list_of(outcome);
      }
    }
  }
}

// No socket of the container's takes part: the kernel of its network namespace answers.
TEST(PathsTwice, AnswersOfThePodsKernelAreThePodsOrNobodys) {
  PathScene scene;
  lay_routed(scene);
  scene.also([&scene] {
    const auto raw = scene.wire().remote().socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    for (int i = 0; i < 100; ++i) ping(raw, at(scene.pods()[0]->ip4(), 0), 1000);
    const auto udp = scene.wire().remote().socket(AF_INET, SOCK_DGRAM);
    for (int i = 0; i < 10; ++i) send_datagrams(udp, at(scene.pods()[0]->ip4(), 9), 1, 500);
  });
  const auto outcome = scene.run();
  Traffic all, of_first, reasons;
  for (const auto& [account, traffic] : outcome.accounts) {
    all += traffic;
    if (account.starts_with(scene.pods()[0]->pod_path())) of_first += traffic;
    if (account.starts_with('(')) reasons += traffic;
  }
  EXPECT_EQ(all, outcome.wire);
  EXPECT_EQ(outcome.accounts.at(scene.pods()[1]->container_path()), outcome.of_pods[1]);
  EXPECT_EQ(sum(sum(of_first, reasons), outcome.of_pods[1]), outcome.wire) << list_of(outcome);
  std::cout << list_of(outcome);
}

using enum PathOwner;

const std::vector<Path> kPaths{
    {"RoutedVeth", "routed veth (CNI ptp, AWS VPC CNI, Calico)",
     [](PathScene& s) { lay_routed(s); }, container, container},
    {"RoutedVethIp6", "routed veth, IPv6", [](PathScene& s) { lay_routed(s, IpVersion::v6); },
     container, container},
    {"RoutedMasquerade", "routed veth, MASQUERADE", lay_routed_masquerade, container, container},
    {"RoutedGro", "routed veth, GRO on its host side", lay_routed_with_gro, container, container},
    {"UdpWithoutConnect", "routed veth, UDP without connect", lay_routed_udp_without_connect,
     container, container},
    {"ListenerInTheHost", "routed veth, a listener of the host on the pod's port",
     lay_routed_beside_listener, container, container},
    {"Nfqueue", "routed veth, NFQUEUE in between", lay_routed_through_queue, container, container,
     why_no_queue},
    {"RoutedFragments", "routed veth, datagrams of several fragments, conntrack",
     lay_routed_fragments, pod, container},
    {"BridgeFragments", "bridge, datagrams of several fragments, conntrack", lay_bridge_fragments,
     certain, container},
    {"BridgeBesideTap", "bridge, a virtual machine beside the pods", lay_bridge_beside_tap,
     container, container},
    {"Bridge", "bridge, no NAT", [](PathScene& s) { lay_bridge(s); }, container, container},
    {"BridgeIp6", "bridge, IPv6", [](PathScene& s) { lay_bridge(s, IpVersion::v6); }, container,
     container},
    {"BridgeMasquerade", "bridge, MASQUERADE",
     [](PathScene& s) { lay_bridge_masquerade(s, false); }, container, container},
    {"BridgeNfCallIptables", "bridge, MASQUERADE, bridge-nf-call-iptables",
     [](PathScene& s) { lay_bridge_masquerade(s, true); }, container, container},
    {"Published", "bridge, published port (DNAT)", [](PathScene& s) { lay_published(s); },
     container, container},
    {"PublishedIp6", "bridge, published port, IPv6",
     [](PathScene& s) { lay_published(s, IpVersion::v6); }, container, container},
    {"PublishedBesideListener", "bridge, published port, a listener of the host on it",
     lay_published_beside_listener, container, container},
    {"Ipvs", "bridge, IPVS", lay_ipvs, container, container, why_no_ipvs},
    {"Hairpin", "bridge, published port, hairpin beside it", lay_hairpin, container, container},
    {"SharedNetns", "two pods in one netns", lay_shared_netns, container, container},
    {"Vxlan", "VXLAN between two nodes", lay_vxlan, container, container},
    {"HostNetwork", "hostNetwork", lay_host_network, container, container},
    {"Macvlan", "macvlan on the uplink", lay_macvlan, container, container},
    {"MacvlanBesideListener", "macvlan on the uplink, a listener of the host on the pod's port",
     lay_macvlan_beside_listener, container, container},
    {"Nested", "a container in the container (its own netns, MASQUERADE)", lay_nested, pod, pod}};

INSTANTIATE_TEST_SUITE_P(All, Paths, testing::ValuesIn(kPaths),
                         [](const auto& each) { return each.param.test; });

}  // namespace
}  // namespace cgtally::harness
