// SPDX-License-Identifier: Apache-2.0
// Every path on which a packet was once counted twice, not at all or for somebody else, all on one
// uplink at the same time: an ifb, macvlan, a VXLAN, multicast that the host sends, an address that
// comes late, a transparent proxy, a redirected port and a steered group. The sum over all accounts
// is what the wire carried, to the byte.
#include <linux/filter.h>
#include <netinet/in.h>

#include "adapters/bpf/base/kernel_features.h"
#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr int kRounds = 5;
constexpr int kEach = 20;

void set_option(const sys::Fd& socket, int level, int option, const auto& value) {
  ASSERT_EQ(setsockopt(socket.get(), level, option, &value, sizeof(value)), 0);
}

class AllPaths : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    wire_.host().ip(
        "link set lo up\n"
        "link add ifb0 type ifb\nlink set ifb0 up\n"
        "rule add fwmark 1 lookup 100\nroute add local default dev lo table 100\n"
        "route add default via 10.77.0.2\n");
    wire_.remote().ip("route add 10.50.0.0/16 via 10.77.0.1\n");
    add_macvlan(first_, "mv1", "11");
    add_macvlan(second_, "mv2", "12");
    first_.ip("neigh replace 10.77.0.12 lladdr 02:00:00:00:00:12 nud permanent dev mv1\n");
    second_.ip("neigh replace 10.77.0.11 lladdr 02:00:00:00:00:11 nud permanent dev mv2\n");
    add_vxlan(wire_.host(), "cgt0", kHost4, kRemote4, "10.99.0.1");
    add_vxlan(wire_.remote(), "cgt1", kRemote4, kHost4, "10.99.0.2");
    const Inside guard(wire_.host());
    run({"nft", "-f", "-"},
        "table ip cgt {\n"
        "chain divert { type filter hook prerouting priority mangle;\n"
        "tcp dport 80 tproxy to :15001 meta mark set 1 accept\n}\n"
        "chain nat { type nat hook prerouting priority dstnat;\n"
        "udp dport 9000 redirect to :9001\n}\n}\n");
  }

  void add_macvlan(const Netns& container, const std::string& device,
                   const std::string& last) const {
    wire_.host().ip("link add link cgt0 name " + device + " address 02:00:00:00:00:" + last +
                    " netns " + container.name() + " type macvlan mode bridge\n");
    container.sysctl("net.ipv6.conf." + device + ".disable_ipv6", "1");
    container.ip("link set " + device + " up\naddr add 10.77.0." + last + "/24 dev " + device +
                 "\n");
  }

  static void add_vxlan(const Netns& netns, const std::string& device, const std::string& own,
                        const std::string& peer, const std::string& inner) {
    netns.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    netns.ip("link add vx type vxlan id 7 local " + own + " remote " + peer + " dstport 4789 dev " +
             device + "\nlink set vx up\naddr add " + inner + "/24 dev vx\n");
  }

  // The host's UDP on port 9002 takes the way over the ifb.
  void redirect_to_ifb() const {
    const Inside guard(wire_.host());
    if (GetParam() == HookChoice::newest) run({"tc", "qdisc", "add", "dev", "cgt0", "clsact"});
    run({"tc",     "filter", "add",    "dev",      "cgt0", "egress", "protocol", "ip",
         "pref",   "77",     "u32",    "match",    "ip",   "dport",  "9002",     "0xffff",
         "action", "mirred", "egress", "redirect", "dev",  "ifb0"});
  }

  void end_redirection() const {
    const Inside guard(wire_.host());
    run({"tc", "filter", "del", "dev", "cgt0", "egress", "pref", "77"});
    if (GetParam() == HookChoice::newest) run({"tc", "qdisc", "del", "dev", "cgt0", "clsact"});
  }

  [[nodiscard]] static sys::Fd bound(sys::Fd socket, const SocketAddress& address) {
    bind_to(socket, address);
    return socket;
  }

  Netns first_{"first"};
  Netns second_{"second"};
};

INSTANTIATE_TEST_SUITE_P(By, AllPaths, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(AllPaths, TogetherAreCountedAsTheWireCarriedThem) {
  const Cgroup late_group("late"), proxy_group("proxy"), target_group("target"),
      first_worker("worker1"), second_worker("worker2"), shaped_group("shaped");
  const auto& host = wire_.host();
  const auto& remote = wire_.remote();
  const auto udp = [](const Netns& netns) { return netns.socket(AF_INET, SOCK_DGRAM); };
  const auto proxy = proxy_group.socket(host, AF_INET, SOCK_STREAM);
  set_option(proxy, SOL_IP, IP_TRANSPARENT, 1);
  listen_at(proxy, at("0.0.0.0", 15001));
  const auto target = bound(target_group.socket(host, AF_INET, SOCK_DGRAM), at("0.0.0.0", 9001));
  const auto late = bound(late_group.socket(host, AF_INET, SOCK_DGRAM), at("0.0.0.0", 9003));
  auto worker1 = first_worker.socket(host, AF_INET, SOCK_DGRAM);
  auto worker2 = second_worker.socket(host, AF_INET, SOCK_DGRAM);
  for (const auto* worker : {&worker1, &worker2}) {
    set_option(*worker, SOL_SOCKET, SO_REUSEPORT, 1);
    bind_to(*worker, host_at(Ip::v4, 9004));
  }
  sock_filter choose_first[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{.len = 1, .filter = choose_first};
  set_option(worker1, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program);
  const auto shaped = shaped_group.socket(host, AF_INET, SOCK_DGRAM);
  const auto to_shaped = bound(udp(remote), remote_at(Ip::v4, 9002));
  const auto overlay = bound(udp(host), at("10.99.0.1", 9005));
  const auto neighbour = bound(udp(second_), at("10.77.0.12", 9006));
  const auto announcer = udp(host);
  set_option(announcer, SOL_SOCKET, SO_BROADCAST, 1);

  const Counted counted(wire_.host_end(), GetParam());
  host.ip("addr add 10.77.0.9/24 dev cgt0\n");
  remote.ip("neigh replace 10.77.0.9 lladdr 02:00:00:00:00:01 nud permanent dev cgt1\n");
  redirect_to_ifb();
  for (int round = 0; round < kRounds; ++round) {
    auto [client, peer] =
        connect_through(proxy, remote.socket(AF_INET, SOCK_STREAM), at("10.50.0.7", 80));
    converse(client, peer, kEach, 300, 3000);
    close_in_order(std::move(client), std::move(peer));
    const auto send = [&](const sys::Fd& from, const SocketAddress& to, const sys::Fd& receiver) {
      send_datagrams(from, to, kEach, 400);
      receive_datagrams(receiver, kEach);
    };
    send(udp(remote), host_at(Ip::v4, 9000), target);
    send(udp(remote), at("10.77.0.9", 9003), late);
    send(udp(remote), host_at(Ip::v4, 9004), worker1);
    send(shaped, remote_at(Ip::v4, 9002), to_shaped);
    send(udp(remote), at("10.99.0.1", 9005), overlay);
    send(udp(first_), at("10.77.0.12", 9006), neighbour);
    send_datagrams(announcer, at("10.77.0.255", 9007), kEach, 400);
  }
  const auto settled = counted.settle();
  end_redirection();
  expect_conserved(settled, 100);
  // Before 5.18 nobody knows what NAT will make of a packet.
  if (!bpf::probe_kernel().conntrack_lookup) return;
  constexpr std::uint64_t kAll = kRounds * kEach;
  constexpr std::uint64_t kDatagram = 14 + 20 + 8 + 400;
  // The host has a NAT rule, so the first packet to each port is in doubt.
  EXPECT_EQ(settled.books.of(late_group), received(kAll - 1, kDatagram)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::several), received(kAll - 1, kDatagram)) << settled.books;
  EXPECT_EQ(settled.books.of(shaped_group), sent(kAll, kDatagram)) << settled.books;
  EXPECT_GE(settled.books.of(AccountKind::tunnel).rx_packets.value, kAll) << settled.books;
  EXPECT_EQ(settled.books.of(proxy_group).tx_packets.value,
            settled.truth.tx_packets.value - settled.books.of(shaped_group).tx_packets.value -
                kAll /* announced */ - settled.books.of(AccountKind::kernel).tx_packets.value -
                settled.books.of(AccountKind::not_ip).tx_packets.value -
                settled.books.of(AccountKind::tunnel).tx_packets.value)
      << settled.books;
  EXPECT_GE(settled.books.of(target_group).rx_packets.value + 1, kAll) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
