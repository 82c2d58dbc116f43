// SPDX-License-Identifier: Apache-2.0
// Packets whose addresses are not what their socket knows, or not what the stack will make of them:
// replies to connections that OUTPUT translated, servers on a host that translates others' packets,
// and one port that is published at one address and served at another.
#include <chrono>
#include <thread>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kServicePort = 9000;
constexpr std::uint16_t kBehind = 9001;
constexpr int kFlows = 100;
constexpr std::size_t kQuestion = 50;
constexpr std::uint64_t kQuestion4 = kQuestion + 14 + 20 + 8;
constexpr std::uint64_t kQuestion6 = kQuestion + 14 + 40 + 8;

struct Server {
  sys::Fd tcp;
  sys::Fd udp;
};

class Nat : public WireTest {
 protected:
  // What netfilter shall do in the host, in one table of the family inet.
  void netfilter(const std::string& chains) const {
    const Inside guard(wire_.host());
    run({"nft", "-f", "-"}, "table inet cgt {\n" + chains + "}\n");
  }
  static std::string chain(const std::string& hook, const std::string& rules) {
    return "chain " + hook + " { type nat hook " + hook + " priority -100; policy accept;\n" +
           rules + "}\n";
  }

  // Dual-stack, on the wildcard.
  static Server serve(sys::Fd tcp, sys::Fd udp, std::uint16_t port) {
    listen_at(tcp, at("::", port));
    bind_to(udp, at("::", port));
    return {std::move(tcp), std::move(udp)};
  }
  static Server serve_in(const Netns& netns, std::uint16_t port) {
    return serve(netns.socket(AF_INET6, SOCK_STREAM), netns.socket(AF_INET6, SOCK_DGRAM), port);
  }
  static Server serve_in(const Netns& netns, const Cgroup& cgroup, std::uint16_t port) {
    return serve(cgroup.socket(netns, AF_INET6, SOCK_STREAM),
                 cgroup.socket(netns, AF_INET6, SOCK_DGRAM), port);
  }

  // The remote asks `count` times, each time from another port, one datagram each.
  void ask(const sys::Fd& server, const SocketAddress& to, int count) const {
    for (int i = 0; i < count; ++i) {
      send_datagrams(wire_.remote().socket(to.family(), SOCK_DGRAM), to, 1, kQuestion);
      receive_datagrams(server, 1);
    }
  }
};

class TranslatedOutput : public Nat {
 protected:
  // A service address that exists nowhere, as in a cluster: the host's own OUTPUT sends it on.
  void SetUp() override {
    Nat::SetUp();
    wire_.host().ip("route add 10.96.0.0/16 via 10.77.0.2\nroute add fd96::/64 via fd77::2\n");
    std::string rules;
    for (const std::string protocol : {"tcp", "udp"}) {
      rules += "ip daddr 10.96.0.1 " + protocol + " dport 9000 dnat ip to 10.77.0.2:9001\n";
      rules += "ip6 daddr fd96::1 " + protocol + " dport 9000 dnat ip6 to [fd77::2]:9001\n";
    }
    netfilter(chain("output", rules));
  }

  const std::vector<SocketAddress> service_{at("10.96.0.1", kServicePort),
                                            at("fd96::1", kServicePort)};
};

TEST_F(TranslatedOutput, RepliesToATcpConnectionAreItsClients) {
  const Cgroup client_group("client");
  const auto server = serve_in(wire_.remote(), kBehind);
  const Counted counted(wire_.host_end());
  for (const auto& to : service_) {
    auto [client, peer] = connect_through(
        server.tcp, client_group.socket(wire_.host(), to.family(), SOCK_STREAM), to);
    converse(client, peer, 20, 300, 3000);
    transfer(peer, client, 500000);
    close_in_order(std::move(peer), std::move(client));
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  EXPECT_EQ(settled.books.of(client_group), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), Traffic{}) << settled.books;
}

TEST_F(TranslatedOutput, RepliesToAConnectedUdpSocketAreItsClients) {
  const Cgroup client_group("client");
  const Counted counted(wire_.host_end());
  for (const auto& to : service_) {
    const auto version = to.family() == AF_INET ? Ip::v4 : Ip::v6;
    const auto server = wire_.remote().socket(to.family(), SOCK_DGRAM);
    bind_to(server, remote_at(version, kBehind));
    const auto client = client_group.socket(wire_.host(), to.family(), SOCK_DGRAM);
    const auto port = static_cast<std::uint16_t>(version == Ip::v4 ? 20004 : 20006);
    bind_to(client, host_at(version, port));
    connect_to(client, to);
    for (int i = 0; i < 50; ++i) {
      send_datagrams(client, to, 1, 40);
      receive_datagrams(server, 1);
      send_datagrams(server, host_at(version, port), 1, 500);
      receive_datagrams(client, 1);
    }
  }
  const auto settled = counted.settle();
  const auto expected =
      sum(sum(sent(50, 82), received(50, 542)), sum(sent(50, 102), received(50, 562)));
  EXPECT_EQ(settled.books.of(client_group), expected) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), Traffic{}) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Nat, AUdpServerGetsAllOneDatagramFlowsButTheFirst) {
  const Cgroup server_group("server");
  const auto server = serve_in(wire_.host(), server_group, kServicePort);
  netfilter(chain("prerouting", "udp dport 1 redirect to :2\n"));
  const Counted counted(wire_.host_end());
  ask(server.udp, host_at(Ip::v4, kServicePort), kFlows);
  ask(server.udp, host_at(Ip::v6, kServicePort), kFlows);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(server_group),
            sum(received(kFlows - 1, kQuestion4), received(kFlows - 1, kQuestion6)))
      << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Nat, AUdpServerThatIsNotTrackedGetsAllButItsFirstDatagram) {
  const Cgroup server_group("server");
  const auto server = serve_in(wire_.host(), server_group, kServicePort);
  netfilter(chain("prerouting", "") +
            "chain raw { type filter hook prerouting priority raw; udp dport 9000 notrack; }\n");
  const Counted counted(wire_.host_end());
  ask(server.udp, host_at(Ip::v4, kServicePort), 1);
  // Within a jiffy, that conntrack does not know a flow proves nothing.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ask(server.udp, host_at(Ip::v4, kServicePort), kFlows);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(server_group), received(kFlows, kQuestion4)) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

// Port 9000 is a pod's at the host's first addresses, and the host's own at its second ones.
class PublishedAtOneAddress : public Nat {
 protected:
  void SetUp() override {
    Nat::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    wire_.host().sysctl("net.ipv6.conf.all.forwarding", "1");
    wire_.host().ip("link add pod0 type veth peer name eth0 netns " + pod_.name() +
                    "\n"
                    "link set pod0 up\n"
                    "addr add 10.88.0.1/24 dev pod0\n"
                    "addr add fd88::1/64 nodad dev pod0\n"
                    "addr add 10.77.0.3/24 dev cgt0\n"
                    "addr add fd77::3/64 nodad dev cgt0\n");
    pod_.ip(
        "link set eth0 up\n"
        "addr add 10.88.0.2/24 dev eth0\n"
        "addr add fd88::2/64 nodad dev eth0\n"
        "route add default via 10.88.0.1\n"
        "route add default via fd88::1\n");
    wire_.remote().ip(
        "neigh replace 10.77.0.3 lladdr 02:00:00:00:00:01 nud permanent dev cgt1\n"
        "neigh replace fd77::3 lladdr 02:00:00:00:00:01 nud permanent dev cgt1\n");
    publish();
    device_ = wire_.host_end();
    for (const auto* own : {"10.88.0.1", "10.88.0.255", "fd88::1", "10.77.0.3", "fd77::3"})
      device_.addresses.push_back(parse_address(own));
    wire_.watch("own4", "ip daddr 10.77.0.3", "ip saddr 10.77.0.3");
    wire_.watch("own6", "ip6 daddr fd77::3", "ip6 saddr fd77::3");
    wire_.watch("published4", "ip daddr 10.77.0.1", "ip saddr 10.77.0.1");
    wire_.watch("published6", "ip6 daddr fd77::1", "ip6 saddr fd77::1");
  }

  void publish() const {
    std::string rules;
    for (const std::string protocol : {"tcp", "udp"}) {
      rules += "ip daddr 10.77.0.1 " + protocol + " dport 9000 dnat ip to 10.88.0.2\n";
      rules += "ip6 daddr fd77::1 " + protocol + " dport 9000 dnat ip6 to fd88::2\n";
    }
    netfilter(chain("prerouting", rules));
  }

  // A TCP connection and ten UDP flows of one datagram.
  void visit(const Server& server, const SocketAddress& to) const {
    auto [remote, peer] =
        connect_through(server.tcp, wire_.remote().socket(to.family(), SOCK_STREAM), to);
    converse(remote, peer, 10, 500, 5000);
    close_in_order(std::move(remote), std::move(peer));
    ask(server.udp, to, 10);
  }

  Netns pod_{"pod"};
  MeasuredDevice device_;
};

TEST_F(PublishedAtOneAddress, WhatIsKnownOfTheHostsOwnIsNotBelievedOfThePublished) {
  const Cgroup own_group("own");
  const auto own = serve_in(wire_.host(), own_group, kServicePort);
  const auto pod = serve_in(pod_, kServicePort);
  const Counted counted(device_);
  visit(own, at("10.77.0.3", kServicePort));
  visit(own, at("fd77::3", kServicePort));
  const auto before = counted.settle();
  for (int i = 0; i < 3; ++i) {
    visit(pod, host_at(Ip::v4, kServicePort));
    visit(pod, host_at(Ip::v6, kServicePort));
  }
  const auto after = counted.settle();
  EXPECT_GT(before.books.of(own_group).rx_packets.value, 0u) << before.books;
  EXPECT_EQ(after.books.of(own_group), before.books.of(own_group)) << after.books;
  EXPECT_EQ(
      difference(before.books.of(AccountKind::forwarded), after.books.of(AccountKind::forwarded)),
      difference(before.truth, after.truth))
      << after.books;
}

TEST_F(PublishedAtOneAddress, TheHostsOwnSocketGetsWhatComesToTheOther) {
  const Cgroup own_group("own");
  const auto own = serve_in(wire_.host(), own_group, kServicePort);
  const auto pod = serve_in(pod_, kServicePort);
  const Counted counted(device_);
  for (int round = 0; round < 5; ++round) {
    visit(own, at("10.77.0.3", kServicePort));
    visit(pod, host_at(Ip::v4, kServicePort));
    visit(own, at("fd77::3", kServicePort));
    visit(pod, host_at(Ip::v6, kServicePort));
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  const auto to_own = sum(wire_.watched("own4"), wire_.watched("own6"));
  const auto to_pod = sum(wire_.watched("published4"), wire_.watched("published6"));
  EXPECT_GE(to_pod.rx_packets.value, 2 * 5 * 10u);
  // In doubt is the first packet at each address and protocol of the host's own: a SYN and a
  // datagram.
  constexpr std::uint64_t kInDoubt = 2 * 2;
  const auto booked = settled.books.of(own_group);
  EXPECT_EQ(booked.rx_packets.value, to_own.rx_packets.value - kInDoubt) << settled.books;
  EXPECT_EQ(booked.tx_packets, to_own.tx_packets) << settled.books;
  EXPECT_EQ(booked.tx_bytes, to_own.tx_bytes) << settled.books;
  const auto forwarded = settled.books.of(AccountKind::forwarded);
  EXPECT_EQ(forwarded.rx_packets.value, to_pod.rx_packets.value + kInDoubt) << settled.books;
  EXPECT_EQ(forwarded.tx_packets, to_pod.tx_packets) << settled.books;
  EXPECT_EQ(forwarded.tx_bytes, to_pod.tx_bytes) << settled.books;
}

// Nothing listens in the host, as with a host port of Kubernetes. What comes before conntrack has
// seen the port's first flow is for nobody, as far as anybody can know then.
TEST_F(PublishedAtOneAddress, WithoutAListenerOnlyThePortsFirstPacketsHaveNoSocket) {
  const auto pod = serve_in(pod_, kServicePort);
  const Counted counted(device_);
  for (const Ip version : {Ip::v4, Ip::v6}) {
    const auto to = host_at(version, kServicePort);
    ask(pod.udp, to, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a jiffy later
    for (int round = 0; round < 3; ++round) visit(pod, to);
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 100);
  const auto published = sum(wire_.watched("published4"), wire_.watched("published6"));
  // A SYN and two datagrams at each address: the second one makes us ask what became of the first.
  constexpr std::uint64_t kFirst = 2 * 3;
  EXPECT_EQ(settled.books.of(AccountKind::no_socket).rx_packets.value, kFirst) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded).rx_packets.value,
            published.rx_packets.value - kFirst)
      << settled.books;
}

// Ports that nobody serves leave no trace by which a later published one would be missed.
TEST_F(PublishedAtOneAddress, APortScanHidesNoPublishedPort) {
  const auto pod = serve_in(pod_, kServicePort);
  const Counted counted(device_);
  const auto to = host_at(Ip::v4, kServicePort);
  constexpr int kScanned = 20;
  for (int i = 0; i < 20; ++i) {
    for (int port = 0; port < kScanned; ++port) {
      send_datagrams(wire_.remote().socket(AF_INET, SOCK_DGRAM),
                     host_at(Ip::v4, static_cast<std::uint16_t>(100 + port)), 1, kQuestion);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ask(pod.udp, to, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
  const auto none = settled.books.of(AccountKind::no_socket).rx_packets.value;
  EXPECT_GE(none, 20u * kScanned);
  EXPECT_LE(none, 20u * kScanned + 2) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
