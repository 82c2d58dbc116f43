// SPDX-License-Identifier: Apache-2.0
// Packets that pass a device's hook although its wire did not carry them, or that pass it twice: an
// ifb gives back what was redirected to it, and macvlan hands packets between two devices by way of
// the one below. What the wire carried is counted, once.
#include <utility>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kOffWirePort = 9000;

class OffWire : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  [[nodiscard]] Counted count() const { return Counted(wire_.host_end(), GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(By, OffWire, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(OffWire, WhatAnIfbGivesBackIsCountedOnceForItsSender) {
  const Cgroup sender_group("sender");
  wire_.host().ip("link add ifb0 type ifb\nlink set ifb0 up\n");
  const auto counted = count();
  {
    const Inside guard(wire_.host());
    if (GetParam() == HookChoice::newest) run({"tc", "qdisc", "add", "dev", "cgt0", "clsact"});
    for (const auto& [protocol, pref] : {std::pair{"ip", "77"}, std::pair{"ipv6", "78"}}) {
      run({"tc",     "filter", "add",    "dev",    "cgt0",     "egress", "protocol",
           protocol, "pref",   pref,     "u32",    "match",    "u32",    "0",
           "0",      "action", "mirred", "egress", "redirect", "dev",    "ifb0"});
    }
  }
  for (const auto version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = wire_.remote().socket(family, SOCK_STREAM);
    listen_at(listener, remote_at(version, kOffWirePort));
    auto [host, remote] =
        connect_through(listener, sender_group.socket(wire_.host(), family, SOCK_STREAM),
                        remote_at(version, kOffWirePort));
    transfer(host, remote, 300000);
    close_in_order(std::move(host), std::move(remote));
    const auto receiver = wire_.remote().socket(family, SOCK_DGRAM);
    bind_to(receiver, remote_at(version, kOffWirePort));
    send_datagrams(sender_group.socket(wire_.host(), family, SOCK_DGRAM),
                   remote_at(version, kOffWirePort), 50, 400);
    receive_datagrams(receiver, 50);
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(sender_group), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.tx_packets.value, 100U);
  {
    const Inside guard(wire_.host());
    for (const char* pref : {"77", "78"})
      run({"tc", "filter", "del", "dev", "cgt0", "egress", "pref", pref});
    if (GetParam() == HookChoice::newest) run({"tc", "qdisc", "del", "dev", "cgt0", "clsact"});
  }
}

// Two containers on macvlan devices of the uplink, in bridge mode.
class Macvlan : public OffWire {
 protected:
  void SetUp() override {
    OffWire::SetUp();
    add(first_, "mv1", "10.77.0.11", "02:00:00:00:00:11");
    add(second_, "mv2", "10.77.0.12", "02:00:00:00:00:12");
    first_.ip("neigh replace 10.77.0.12 lladdr 02:00:00:00:00:12 nud permanent dev mv1\n");
    second_.ip("neigh replace 10.77.0.11 lladdr 02:00:00:00:00:11 nud permanent dev mv2\n");
    wire_.remote().ip("neigh replace 10.77.0.11 lladdr 02:00:00:00:00:11 nud permanent dev cgt1\n");
  }

  void add(const Netns& container, const std::string& device, const std::string& address,
           const std::string& mac) const {
    wire_.host().ip("link add link cgt0 name " + device + " address " + mac + " netns " +
                    container.name() + " type macvlan mode bridge\n");
    container.sysctl("net.ipv6.conf." + device + ".disable_ipv6", "1");
    container.ip("link set " + device + " up\naddr add " + address + "/24 dev " + device +
                 "\n"
                 "neigh replace 10.77.0.2 lladdr 02:00:00:00:00:02 nud permanent dev " +
                 device + "\n");
  }

  Netns first_{"first"};
  Netns second_{"second"};
};

INSTANTIATE_TEST_SUITE_P(By, Macvlan, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(Macvlan, WhatTwoContainersOfOneUplinkSayToEachOtherIsNotOnTheWire) {
  const auto listener = second_.socket(AF_INET, SOCK_STREAM);
  const auto udp = second_.socket(AF_INET, SOCK_DGRAM);
  listen_at(listener, at("10.77.0.12", kOffWirePort));
  bind_to(udp, at("10.77.0.12", kOffWirePort));
  const auto counted = count();
  auto [client, server] = connect_through(listener, first_.socket(AF_INET, SOCK_STREAM),
                                          at("10.77.0.12", kOffWirePort));
  transfer(client, server, 2000000);
  transfer(server, client, 2000000);
  send_datagrams(first_.socket(AF_INET, SOCK_DGRAM), at("10.77.0.12", kOffWirePort), 50, 500);
  receive_datagrams(udp, 50);
  close_in_order(std::move(client), std::move(server));
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_LT(settled.books.sum().rx_bytes.value, 1000U) << settled.books;
}

TEST_P(Macvlan, WhatAContainerSaysToTheWireIsCounted) {
  const Cgroup container_group("container");
  const auto listener = wire_.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(listener, remote_at(Ip::v4, kOffWirePort));
  const auto counted = count();
  auto [client, server] =
      connect_through(listener, container_group.socket(first_, AF_INET, SOCK_STREAM),
                      remote_at(Ip::v4, kOffWirePort));
  converse(client, server, 50, 300, 3000);
  close_in_order(std::move(client), std::move(server));
  const auto settled = counted.settle();
  expect_conserved(settled, 50);
  EXPECT_EQ(settled.books.of(container_group).tx_bytes, settled.truth.tx_bytes) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded).rx_bytes, settled.truth.rx_bytes)
      << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
