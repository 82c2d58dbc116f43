// SPDX-License-Identifier: Apache-2.0
// Overlay traffic: of the outer packets of a VXLAN the kernel has forgotten who sent the inner
// ones, unless a process of the host did. They are (tunnel), in both directions, and nothing else.
#include <array>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kOverlayPort = 9000;
constexpr int kInTunnel = 40;
constexpr std::size_t kInnerPayload = 600;
constexpr std::uint64_t kOuterFrame =
    14 + 20 + 8 + 8 + 14 + 20 + 8 + kInnerPayload;  // outer, VXLAN, inner

class Overlay : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    make_vxlan(wire_.host(), "cgt0", kHost4, kRemote4, "10.99.0.1", "02:00:00:00:99:01");
    make_vxlan(wire_.remote(), "cgt1", kRemote4, kHost4, "10.99.0.2", "02:00:00:00:99:02");
    wire_.host().ip(
        "neigh replace 10.99.0.2 lladdr 02:00:00:00:99:02 nud permanent dev vx\n"
        "link add pod0 type veth peer name eth0 netns " +
        pod_.name() +
        "\n"
        "link set pod0 up\n"
        "addr add 10.88.0.1/24 dev pod0\n");
    pod_.ip(
        "link set eth0 up\n"
        "addr add 10.88.0.2/24 dev eth0\n"
        "route add default via 10.88.0.1\n");
    wire_.remote().ip(
        "neigh replace 10.99.0.1 lladdr 02:00:00:00:99:01 nud permanent dev vx\n"
        "route add 10.88.0.0/24 via 10.99.0.1\n");
  }

  static void make_vxlan(const Netns& netns, const std::string& device, const std::string& own,
                         const std::string& peer, const std::string& inner,
                         const std::string& mac) {
    netns.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    netns.ip("link add vx address " + mac + " type vxlan id 7 local " + own + " remote " + peer +
             " dstport 4789 dev " + device +
             "\n"
             "link set vx up\naddr add " +
             inner + "/24 dev vx\n");
  }

  Netns pod_{"pod"};
};

TEST_F(Overlay, WhatAPodSendsAndReceivesByVxlanIsOnTheTunnel) {
  const auto remote = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  const auto pod = pod_.socket(AF_INET, SOCK_DGRAM);
  bind_to(remote, at("10.99.0.2", kOverlayPort));
  bind_to(pod, at("10.88.0.2", kOverlayPort));
  const Counted counted(wire_.host_end());
  send_datagrams(pod, at("10.99.0.2", kOverlayPort), kInTunnel, kInnerPayload);
  receive_datagrams(remote, kInTunnel);
  send_datagrams(remote, at("10.88.0.2", kOverlayPort), kInTunnel, kInnerPayload);
  receive_datagrams(pod, kInTunnel);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::tunnel),
            sum(received(kInTunnel, kOuterFrame), sent(kInTunnel, kOuterFrame)))
      << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::kernel), Traffic{}) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Overlay, WhatAProcessOfTheHostSendsByVxlanIsItsOwn) {
  const Cgroup sender_group("sender");
  const auto remote = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(remote, at("10.99.0.2", kOverlayPort));
  const auto host = sender_group.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  const Counted counted(wire_.host_end());
  send_datagrams(host, at("10.99.0.2", kOverlayPort), kInTunnel, kInnerPayload);
  receive_datagrams(remote, kInTunnel);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(sender_group), sent(kInTunnel, kOuterFrame)) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

// No tunnel device is needed: the outer header says it.
TEST_F(Overlay, EncapsulatingProtocolsToOurAddressAreOnTheTunnel) {
  const Counted counted(wire_.host_end());
  const PacketSocket remote(wire_.remote(), "cgt1");
  const Frame inner(100, 0);
  for (const std::uint8_t protocol : std::to_array<std::uint8_t>({4, 41, 47, 50})) {
    remote.send(
        ethernet(kRemoteMac, kHostMac, kEtherIp4,
                 ip4({.protocol = protocol, .source = kRemote4, .destination = kHost4}, inner)));
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::tunnel), received(4, 14 + 20 + 100)) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
