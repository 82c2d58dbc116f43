// SPDX-License-Identifier: Apache-2.0
// Addresses that userspace never told the programs: those that come while no process runs, and
// those of local routes. The routing tables know them, so their traffic is its owner's. And sockets
// that take packets to foreign addresses: a transparent proxy's.
#include <netinet/in.h>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kWildPort = 9000;
constexpr int kTalks = 3;

struct LateAddress {
  const char* forwarding;
  const char* name;
};

class Addresses : public WireTest, public ::testing::WithParamInterface<LateAddress> {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", GetParam().forwarding);
    wire_.host().sysctl("net.ipv6.conf.all.forwarding", GetParam().forwarding);
  }

  // The remote talks TCP and UDP to `to`, which the sockets hear on the wildcard.
  void talk(const sys::Fd& tcp, const sys::Fd& udp, const SocketAddress& to) const {
    for (int flow = 0; flow < kTalks; ++flow) {
      auto [remote, peer] =
          connect_through(tcp, wire_.remote().socket(to.family(), SOCK_STREAM), to);
      converse(remote, peer, 10, 500, 5000);
      close_in_order(std::move(remote), std::move(peer));
      send_datagrams(wire_.remote().socket(to.family(), SOCK_DGRAM), to, 10, 300);
      receive_datagrams(udp, 10);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Host, Addresses,
                         ::testing::Values(LateAddress{"1", "ThatForwards"},
                                           LateAddress{"0", "ThatDoesNotForward"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST_P(Addresses, OnesThatComeWhileNoProcessRunsAreOurs) {
  const Cgroup server_group("server");
  const auto tcp = server_group.socket(wire_.host(), AF_INET6, SOCK_STREAM);
  const auto udp = server_group.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  listen_at(tcp, at("::", kWildPort));
  bind_to(udp, at("::", kWildPort));
  const Counted counted(wire_.host_end());
  wire_.host().ip("addr add 10.77.0.9/24 dev cgt0\naddr add fd77::9/64 nodad dev cgt0\n");
  wire_.remote().ip(
      "neigh replace 10.77.0.9 lladdr 02:00:00:00:00:01 nud permanent dev cgt1\n"
      "neigh replace fd77::9 lladdr 02:00:00:00:00:01 nud permanent dev cgt1\n");
  talk(tcp, udp, at("10.77.0.9", kWildPort));
  talk(tcp, udp, at("fd77::9", kWildPort));
  const auto settled = counted.settle();
  expect_conserved(settled, 2 * kTalks * 10);
  // Joining the groups of the new IPv6 address is the kernel's traffic.
  EXPECT_EQ(sum(settled.books.of(server_group), settled.books.of(AccountKind::kernel)),
            settled.truth)
      << settled.books;
  EXPECT_EQ(settled.books.of(server_group).rx_packets, settled.truth.rx_packets);
}

TEST_P(Addresses, PrefixesOfLocalRoutesAreOurs) {
  const Cgroup server_group("server");
  const auto tcp = server_group.socket(wire_.host(), AF_INET6, SOCK_STREAM);
  const auto udp = server_group.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  listen_at(tcp, at("::", kWildPort));
  bind_to(udp, at("::", kWildPort));
  wire_.host().ip("link set lo up\nroute add local 10.66.0.0/16 dev lo\n");
  wire_.remote().ip("route add 10.66.0.0/16 via 10.77.0.1\n");
  const Counted counted(wire_.host_end());
  talk(tcp, udp, at("10.66.3.4", kWildPort));
  const auto settled = counted.settle();
  expect_conserved(settled, kTalks * 10);
  EXPECT_EQ(settled.books.of(server_group), settled.truth) << settled.books;
}

class TransparentProxy : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    wire_.host().ip(
        "link set lo up\n"
        "rule add fwmark 1 lookup 100\n"
        "route add local default dev lo table 100\n"
        "route add default via 10.77.0.2\n");
    wire_.remote().ip("route add 10.50.0.0/16 via 10.77.0.1\n");
    const Inside guard(wire_.host());
    run({"nft", "-f", "-"},
        "table ip cgt { chain divert { type filter hook prerouting priority mangle;\n"
        "tcp dport 80 tproxy to :15001 meta mark set 1 accept\n}\n}\n");
  }
};

TEST_F(TransparentProxy, OwnsTheConnectionsThatItTakesForOthersAddresses) {
  const Cgroup proxy_group("proxy"), bystander("bystander");
  const auto listener = proxy_group.socket(wire_.host(), AF_INET, SOCK_STREAM);
  const int on = 1;
  ASSERT_EQ(setsockopt(listener.get(), SOL_IP, IP_TRANSPARENT, &on, sizeof(on)), 0);
  listen_at(listener, at("0.0.0.0", 15001));
  const auto other = bystander.socket(wire_.host(), AF_INET, SOCK_STREAM);
  listen_at(other, at("0.0.0.0", 80));
  const Counted counted(wire_.host_end());
  for (int flow = 0; flow < kTalks; ++flow) {
    auto [remote, peer] =
        connect_through(listener, wire_.remote().socket(AF_INET, SOCK_STREAM), at("10.50.0.7", 80));
    converse(remote, peer, 20, 500, 5000);
    close_in_order(std::move(remote), std::move(peer));
  }
  const auto settled = counted.settle();
  expect_conserved(settled, kTalks * 20);
  const auto proxy = settled.books.of(proxy_group);
  EXPECT_EQ(proxy.tx_packets, settled.truth.tx_packets) << settled.books;
  // Each connection's SYN comes before there is a socket with its tuple.
  EXPECT_EQ(proxy.rx_packets.value + kTalks, settled.truth.rx_packets.value) << settled.books;
  EXPECT_EQ(settled.books.of(bystander), Traffic{}) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
