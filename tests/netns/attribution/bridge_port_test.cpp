// SPDX-License-Identifier: Apache-2.0
// An uplink that is the port of a bridge: the host's addresses and its MAC are the bridge's, so to
// the port every frame for the host is one for another MAC.
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kBridgedPort = 9000;
constexpr Mac kBridgeMac{2, 0, 0, 0, 0, 0x99};

class BridgePort : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().ip(
        "addr flush dev cgt0\n"
        "link add br0 address 02:00:00:00:00:99 type bridge stp_state 0 forward_delay 0 "
        "mcast_snooping 0\n"
        "link set cgt0 master br0\n"
        "link set br0 up\n"
        "addr add 10.77.0.1/24 broadcast 10.77.0.255 dev br0\n"
        "addr add fd77::1/64 nodad dev br0\n"
        "neigh replace 10.77.0.2 lladdr 02:00:00:00:00:02 nud permanent dev br0\n"
        "neigh replace fd77::2 lladdr 02:00:00:00:00:02 nud permanent dev br0\n");
    wire_.remote().ip(
        "neigh replace 10.77.0.1 lladdr 02:00:00:00:00:99 nud permanent dev cgt1\n"
        "neigh replace fd77::1 lladdr 02:00:00:00:00:99 nud permanent dev cgt1\n");
  }
};

TEST_F(BridgePort, FramesForTheBridgesOwnMacAreTheServers) {
  const Cgroup server_group("server");
  const auto tcp = server_group.socket(wire_.host(), AF_INET6, SOCK_STREAM);
  const auto udp = server_group.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  listen_at(tcp, at("::", kBridgedPort));
  bind_to(udp, at("::", kBridgedPort));
  const Counted counted(wire_.host_end());
  for (const auto version : {Ip::v4, Ip::v6}) {
    const auto to = host_at(version, kBridgedPort);
    auto [remote, peer] = connect_through(tcp, wire_.remote().socket(to.family(), SOCK_STREAM), to);
    transfer(remote, peer, 500000);
    converse(remote, peer, 20, 500, 5000);
    close_in_order(std::move(remote), std::move(peer));
    const auto client = wire_.remote().socket(to.family(), SOCK_DGRAM);
    for (int i = 0; i < 20; ++i) {
      send_datagrams(client, to, 1, 300);
      receive_datagrams(udp, 1);
    }
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  EXPECT_EQ(settled.books.of(server_group), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded), Traffic{}) << settled.books;
}

TEST_F(BridgePort, FramesForAnAddressBehindTheBridgeAreForwarded) {
  const Cgroup bystander("bystander");
  const auto listening = bystander.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  bind_to(listening, at("::", kBridgedPort));
  const Counted counted(wire_.host_end());
  const PacketSocket remote(wire_.remote(), "cgt1");
  const Mac guest{2, 0, 0, 0, 0, 0x50};
  for (const auto& to : {guest, kBridgeMac}) {
    const auto datagram = ip4({.source = kRemote4, .destination = "10.77.0.50"},
                              harness::udp(4000, kBridgedPort, 100));
    for (int i = 0; i < 10; ++i) remote.send(ethernet(kRemoteMac, to, kEtherIp4, datagram));
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded), received(20, 142)) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
