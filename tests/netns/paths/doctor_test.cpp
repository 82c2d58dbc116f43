// SPDX-License-Identifier: Apache-2.0
// The networks that `cgtally doctor` recognises on the very layouts whose bytes paths_test.cpp
// compares: the precision that it promises is the one that is measured there.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "netns/paths/layouts.h"

namespace cgtally::harness {
namespace {

using Lines = std::vector<std::string>;

// What doctor says of networks in the scene's host: the line of each network, and its directions up
// to the precision.
Lines said_in(const PathScene& scene) {
  constexpr std::size_t kUpToPrecision = 29;
  scene.host().ip("route add default via 10.77.0.2");  // else the uplink, a veth, were a pod's
  const Finished doctor =
      finish({"nsenter", "--net=" + scene.host().path(), CGTALLY_BINARY, "doctor"});
  Lines said;
  bool in_network = false;
  std::istringstream lines(doctor.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) in_network = line.starts_with("network ");
    if (!in_network) continue;
    if (line.starts_with(' ')) line.resize(std::min(line.size(), kUpToPrecision));
    line.erase(0, line.find_first_not_of(' '));
    line.erase(line.find_last_not_of(' ') + 1);
    said.push_back(line);
  }
  return said;
}

// Its bridge is called as a runtime calls it.
void lay_cni_bridge(PathScene& scene) {
  lay_bridge_masquerade(scene, false);
  scene.host().ip("link set br0 down\nlink set br0 name cni0\nlink set cni0 up");
}

TEST(PathsAndDoctor, RoutedVethsAreSaid) {
  PathScene scene;
  lay_routed(scene);
  EXPECT_EQ(said_in(scene), (Lines{"network   routed veths (veth, 2 devices)",
                                   "sent      container", "received  container"}));
}

TEST(PathsAndDoctor, ABridgeOfARuntimeIsSaid) {
  PathScene scene;
  lay_cni_bridge(scene);
  const Lines said = said_in(scene);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_TRUE(said[0].starts_with("network   bridge (cni0")) << said[0];
  EXPECT_EQ(said[1], "sent      container");
  EXPECT_EQ(said[2], "received  container");
}

TEST(PathsAndDoctor, ATunnelIsSaidBesideThePodsVeths) {
  PathScene scene;
  lay_vxlan(scene);
  EXPECT_EQ(said_in(scene),
            (Lines{"network   tunnel vx0 (vxlan)", "sent      container", "received  container",
                   "network   routed veths (veth, 2 devices)", "sent      container",
                   "received  container"}));
}

TEST(PathsAndDoctor, IpvsIsSaidBesideTheBridge) {
  if (const auto reason = why_no_ipvs(); !reason.empty()) GTEST_SKIP() << reason;
  PathScene scene;
  lay_ipvs(scene);
  scene.host().ip("link set br0 down\nlink set br0 name cni0\nlink set cni0 up");
  const Lines said = said_in(scene);
  ASSERT_EQ(said.size(), 5U);
  EXPECT_EQ(said[3], "network   IPVS (virtual services in /proc/net/ip_vs)");
  EXPECT_EQ(said[4], "received  container");
}

// Their packets keep the socket that they have at the uplink, as those of any process: there is no
// network to tell of.
TEST(PathsAndDoctor, ContainersOfTheHostsNetworkAndOnMacvlanNeedNoLine) {
  for (void (*lay)(PathScene&) : {lay_host_network, lay_macvlan}) {
    PathScene scene;
    lay(scene);
    EXPECT_EQ(said_in(scene), Lines{});
  }
}

}  // namespace
}  // namespace cgtally::harness
