// SPDX-License-Identifier: Apache-2.0
// Traffic that only passes through: a process of the host that listens on the same port, on the
// wildcard, gets nothing of it. Routed, translated to another namespace, and redirected to another
// port of the host.
#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kPort = 9000;
constexpr std::uint16_t kOtherPort = 9001;
constexpr char kPod4[] = "10.88.0.2";
constexpr char kPod6[] = "fd88::2";

// A TCP listener and a UDP socket on the same port of the wildcard address, dual-stack.
struct Listener {
  sys::Fd tcp;
  sys::Fd udp;
};

class Forwarding : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    wire_.host().sysctl("net.ipv6.conf.all.forwarding", "1");
    wire_.host().ip("link add pod0 type veth peer name eth0 netns " + pod_.name() +
                    "\n"
                    "link set pod0 up\n"
                    "addr add 10.88.0.1/24 dev pod0\n"
                    "addr add fd88::1/64 nodad dev pod0\n");
    pod_.ip(
        "link set eth0 up\n"
        "addr add 10.88.0.2/24 dev eth0\n"
        "addr add fd88::2/64 nodad dev eth0\n"
        "route add default via 10.88.0.1\n"
        "route add default via fd88::1\n");
    wire_.remote().ip("route add 10.88.0.0/24 via 10.77.0.1\nroute add fd88::/64 via fd77::1\n");
    device_ = wire_.host_end();
    for (const auto* own : {"10.88.0.1", "10.88.0.255", "fd88::1"})
      device_.addresses.push_back(parse_address(own));
  }

  // Prerouting rules of the host, in the family inet.
  void translate(const std::string& rules) const {
    const Inside guard(wire_.host());
    run({"nft", "-f", "-"},
        "table inet cgt { chain pre { type nat hook prerouting priority dstnat; policy accept; }; "
        "}\n" +
            rules);
  }

  static Listener serve(sys::Fd tcp, sys::Fd udp, std::uint16_t port) {
    listen_at(tcp, at("::", port));
    bind_to(udp, at("::", port));
    return {std::move(tcp), std::move(udp)};
  }
  [[nodiscard]] Listener serve_here(const Cgroup& cgroup, std::uint16_t port) const {
    return serve(cgroup.socket(wire_.host(), AF_INET6, SOCK_STREAM),
                 cgroup.socket(wire_.host(), AF_INET6, SOCK_DGRAM), port);
  }
  [[nodiscard]] Listener serve_in_pod(std::uint16_t port) const {
    return serve(pod_.socket(AF_INET6, SOCK_STREAM), pod_.socket(AF_INET6, SOCK_DGRAM), port);
  }

  // The remote talks TCP and UDP to `to`, where `server` hears it: several flows of each.
  void talk(const Listener& server, const SocketAddress& to) const {
    for (int flow = 0; flow < 5; ++flow) {
      auto [remote, peer] =
          connect_through(server.tcp, wire_.remote().socket(to.family(), SOCK_STREAM), to);
      converse(remote, peer, 10, 500, 5000);
      close_in_order(std::move(remote), std::move(peer));
      const auto client = wire_.remote().socket(to.family(), SOCK_DGRAM);
      for (int i = 0; i < 10; ++i) {
        send_datagrams(client, to, 1, 300);
        receive_datagrams(server.udp, 1);
      }
    }
  }

  Netns pod_{"pod"};
  MeasuredDevice device_;
};

TEST_F(Forwarding, RoutedTrafficIsNotTakenForThatOfAListenerOnTheSamePort) {
  const Cgroup bystander("bystander");
  const auto listening = serve_here(bystander, kPort);
  const auto pod = serve_in_pod(kPort);
  const Counted counted(device_);
  talk(pod, at(kPod4, kPort));
  talk(pod, at(kPod6, kPort));
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), Traffic{}) << settled.books;
}

TEST_F(Forwarding, TranslatedTrafficIsNotTakenForThatOfAListenerOnThePublishedPort) {
  const Cgroup bystander("bystander");
  const auto listening = serve_here(bystander, kPort);
  const auto pod = serve_in_pod(kPort);
  for (const std::string protocol : {"tcp", "udp"}) {
    translate("add rule inet cgt pre meta nfproto ipv4 " + protocol +
              " dport 9000 dnat ip to 10.88.0.2\n"
              "add rule inet cgt pre meta nfproto ipv6 " +
              protocol + " dport 9000 dnat ip6 to fd88::2\n");
  }
  const Counted counted(device_);
  talk(pod, host_at(Ip::v4, kPort));
  talk(pod, host_at(Ip::v6, kPort));
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
}

TEST_F(Forwarding, RedirectedTrafficIsNotTakenForThatOfAListenerOnTheFirstPort) {
  const Cgroup bystander("bystander"), target("target");
  const auto listening = serve_here(bystander, kPort);
  const auto server = serve_here(target, kOtherPort);
  for (const std::string protocol : {"tcp", "udp"}) {
    translate("add rule inet cgt pre " + protocol + " dport 9000 redirect to :9001\n");
  }
  const Counted counted(device_);
  talk(server, host_at(Ip::v4, kPort));
  talk(server, host_at(Ip::v6, kPort));
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
  // In doubt is only the first packet of each protocol and IP version: the following connections
  // are expected to end where it did.
  const auto known = settled.books.of(target);
  EXPECT_EQ(known.tx_packets, settled.truth.tx_packets) << settled.books;
  EXPECT_GE(known.rx_packets.value + 2 * 2, settled.truth.rx_packets.value) << settled.books;
}

TEST_F(Forwarding, AServerBesideAPublishedPortKeepsItsPackets) {
  const Cgroup server_group("server");
  const auto server = serve_here(server_group, kOtherPort);
  translate("add rule inet cgt pre tcp dport 9000 dnat ip to 10.88.0.2\n");
  const Counted counted(device_);
  talk(server,
       host_at(Ip::v4, kOtherPort));  // from which is learned that nothing translates this port
  const auto first = counted.settle();
  talk(server, host_at(Ip::v4, kOtherPort));
  const auto second = counted.settle();
  EXPECT_EQ(difference(first.books.of(server_group), second.books.of(server_group)),
            difference(first.truth, second.truth))
      << second.books;
  // The first time, only each protocol's first packet is in doubt.
  EXPECT_GE(first.books.of(server_group).rx_packets.value + 2, first.truth.rx_packets.value)
      << first.books;
  EXPECT_EQ(second.books.sum(), second.truth);
}

TEST_F(Forwarding, WhatThePodSendsThroughTheHostIsForwarded) {
  const Counted counted(device_);
  const auto pod = pod_.socket(AF_INET, SOCK_DGRAM);
  send_datagrams(pod, remote_at(Ip::v4, 5001), 20, 400);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::forwarded).tx_packets.value, 20u) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded).tx_bytes.value, 20u * 442) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Forwarding, AFrameForAnotherMacIsNotTakenForALocalSockets) {
  const Cgroup bystander("bystander");
  const auto listening = serve_here(bystander, kPort);
  const Counted counted(device_);
  const PacketSocket remote(wire_.remote(), "cgt1");
  const Mac stranger{2, 0, 0, 0, 0, 99};
  const auto datagram = ip4({.source = kRemote4, .destination = kHost4}, udp(4000, kPort, 100));
  for (int i = 0; i < 10; ++i) remote.send(ethernet(kRemoteMac, stranger, kEtherIp4, datagram));
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded), received(10, 142)) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
