// SPDX-License-Identifier: Apache-2.0
// The table of paths: for each way between a container and the uplink, whose account its bytes are on. The sum is what
// the wire carried; of a pod's bytes at least 99.9 % are where they belong, the rest is on reasons, and not one byte is on
// anybody else. Each test also prints its row of docs/containers.md, which scripts/paths-table puts there.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>

#include "netns/paths/layouts.h"

namespace cgtally::harness {
namespace {

enum class PathOwner { container, pod, forwarded, tunnel, nobody };

struct Path {
  std::string test;
  std::string title;
  void (*lay)(PathScene&);
  PathOwner sent, received;
  std::string (*why_not)() = [] { return std::string(); };
};

void PrintTo(const Path& path, std::ostream* out) { *out << path.title; }

// A direction of all that was counted, in bytes.
struct PathBytes {
  std::uint64_t right = 0, on_pod = 0, on_reasons = 0, all = 0;
};

std::uint64_t bytes_of(const Traffic& traffic, bool sent) {
  return sent ? traffic.tx_bytes.value : traffic.rx_bytes.value;
}

std::string account_of(const Pod& pod, PathOwner owner) {
  switch (owner) {
    case PathOwner::container:
      return pod.container_path();
    case PathOwner::pod:
      return pod.pod_path();
    case PathOwner::forwarded:
      return "(forwarded)";
    case PathOwner::tunnel:
      return "(tunnel)";
    case PathOwner::nobody:
      break;
  }
  return "";
}

const char* name_of(PathOwner owner) {
  switch (owner) {
    case PathOwner::container:
      return "container";
    case PathOwner::pod:
      return "pod";
    case PathOwner::forwarded:
      return "`(forwarded)`";
    case PathOwner::tunnel:
      return "`(tunnel)`";
    case PathOwner::nobody:
      break;
  }
  return "-";
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
  // What one direction of all pods came to.
  static PathBytes judge(const PathScene& scene, const PathOutcome& outcome, PathOwner owner,
                         bool sent) {
    PathBytes bytes;
    const bool named = owner == PathOwner::container || owner == PathOwner::pod;
    for (std::size_t i = 0; i < scene.pods().size(); ++i) {
      const Pod& pod = *scene.pods()[i];
      const auto truth = bytes_of(outcome.of_pods[i], sent);
      bytes.all += truth;
      std::uint64_t of_pod = 0, right = 0;
      for (const auto& [account, traffic] : outcome.accounts) {
        if (is_at_or_below(account, pod.pod_path())) of_pod += bytes_of(traffic, sent);
        if (account == account_of(pod, owner)) right += bytes_of(traffic, sent);
        if (account == pod.pod_path()) bytes.on_pod += bytes_of(traffic, sent);
      }
      EXPECT_LE(of_pod, truth) << "more than pod " << pod.label() << " moved is on its accounts";
      if (named) {
        EXPECT_GE(right * 1000, truth * 999) << account_of(pod, owner);
        bytes.right += right;
      }
    }
    for (const auto& [account, traffic] : outcome.accounts) {
      if (account.starts_with('(')) bytes.on_reasons += bytes_of(traffic, sent);
      if (!named && account == account_of(*scene.pods()[0], owner))
        bytes.right += bytes_of(traffic, sent);
    }
    if (!named) {
      EXPECT_GE(bytes.right * 1000, bytes.all * 999) << name_of(owner);
    }
    return bytes;
  }

  static void expect_nobody_else(const PathScene& scene, const PathOutcome& outcome) {
    for (const auto& [account, traffic] : outcome.accounts) {
      bool known = account.starts_with('(');
      for (const auto& pod : scene.pods()) known |= is_at_or_below(account, pod->pod_path());
      if (!known) {
        EXPECT_EQ(traffic, Traffic{}) << account << " has bytes of others";
      }
    }
  }

  static std::string cell(const PathBytes& bytes, PathOwner owner) {
    const auto share = 100.0 * static_cast<double>(bytes.right) / static_cast<double>(bytes.all);
    return fmt::format("{} {:.2f} %", name_of(owner), share);
  }
};

TEST_P(Paths, HaveTheirBytesWhereTheyBelong) {
  const Path& path = GetParam();
  if (const auto reason = path.why_not(); !reason.empty()) {
    std::cout << fmt::format("| {} | not here | {} | |\n", path.title, reason);
    GTEST_SKIP() << reason;
  }
  PathScene scene;
  path.lay(scene);
  const auto outcome = scene.run();
  Traffic all;
  for (const auto& [account, traffic] : outcome.accounts) all += traffic;
  EXPECT_EQ(all, outcome.wire) << "the sum is not what the wire carried";
  expect_nobody_else(scene, outcome);
  const auto sent = judge(scene, outcome, path.sent, true);
  const auto received = judge(scene, outcome, path.received, false);
  EXPECT_GT(sent.all, 1'000'000U);
  EXPECT_GT(received.all, 1'000'000U);
  std::cout << fmt::format("| {} | {} | {} | {} |\n", path.title, cell(sent, path.sent),
                           cell(received, path.received), sent.all + received.all);
  if (HasFailure() || std::getenv("CGTALLY_SHOW_PATHS")) std::cout << list_of(outcome);
}

using enum PathOwner;

const std::vector<Path> kPaths{
    {"RoutedVeth", "routed veth (CNI ptp, AWS VPC CNI, Calico)", [](PathScene& s) { lay_routed(s); },
     forwarded, forwarded},
    {"RoutedVethIp6", "routed veth, IPv6", [](PathScene& s) { lay_routed(s, IpVersion::v6); },
     forwarded, forwarded},
    {"RoutedMasquerade", "routed veth, MASQUERADE", lay_routed_masquerade, forwarded, forwarded},
    {"RoutedGro", "routed veth, GRO on its host side", lay_routed_with_gro, forwarded, forwarded},
    {"UdpWithoutConnect", "routed veth, UDP without connect", lay_routed_udp_without_connect,
     forwarded, forwarded},
    {"ListenerInTheHost", "routed veth, a listener of the host on the pod's port",
     lay_routed_beside_listener, forwarded, forwarded},
    {"Nfqueue", "routed veth, NFQUEUE in between", lay_routed_through_queue, forwarded, forwarded,
     why_no_queue},
    {"Bridge", "bridge, no NAT", [](PathScene& s) { lay_bridge(s); }, forwarded, forwarded},
    {"BridgeIp6", "bridge, IPv6", [](PathScene& s) { lay_bridge(s, IpVersion::v6); }, forwarded,
     forwarded},
    {"BridgeMasquerade", "bridge, MASQUERADE",
     [](PathScene& s) { lay_bridge_masquerade(s, false); }, forwarded, forwarded},
    {"BridgeNfCallIptables", "bridge, MASQUERADE, bridge-nf-call-iptables",
     [](PathScene& s) { lay_bridge_masquerade(s, true); }, forwarded, forwarded},
    {"Published", "bridge, published port (DNAT)", [](PathScene& s) { lay_published(s); }, forwarded,
     forwarded},
    {"PublishedIp6", "bridge, published port, IPv6",
     [](PathScene& s) { lay_published(s, IpVersion::v6); }, forwarded, forwarded},
    {"PublishedBesideListener", "bridge, published port, a listener of the host on it",
     lay_published_beside_listener, forwarded, forwarded},
    {"Ipvs", "bridge, IPVS", lay_ipvs, forwarded, forwarded, why_no_ipvs},
    {"Hairpin", "bridge, published port, hairpin beside it", lay_hairpin, forwarded, forwarded},
    {"SharedNetns", "two pods in one netns", lay_shared_netns, forwarded, forwarded},
    {"Vxlan", "VXLAN between two nodes", lay_vxlan, tunnel, tunnel},
    {"HostNetwork", "hostNetwork", lay_host_network, container, container},
    {"Macvlan", "macvlan on the uplink", lay_macvlan, container, forwarded},
    {"MacvlanBesideListener", "macvlan on the uplink, a listener of the host on the pod's port",
     lay_macvlan_beside_listener, container, forwarded},
    {"Nested", "a container in the container (its own netns, MASQUERADE)", lay_nested, forwarded,
     forwarded}};

INSTANTIATE_TEST_SUITE_P(All, Paths, testing::ValuesIn(kPaths),
                         [](const auto& each) { return each.param.test; });

}  // namespace
}  // namespace cgtally::harness
