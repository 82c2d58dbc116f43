// SPDX-License-Identifier: Apache-2.0
// Attribution of packets to cgroups. The truth about a flow comes from nftables counters on the
// wire; the processes that made the sockets have left their cgroups before the first packet.
#include <netinet/in.h>

#include <chrono>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSyn = 14 + 20 + 40;
constexpr std::uint64_t kAck = 14 + 20 + 32;  // with time stamps, like a FIN
constexpr std::uint64_t kReset = 14 + 20 + 20;

class Attribution : public WireTest {
 protected:
  // A flow by the port of the host's socket.
  void watch_port(const std::string& name, const std::string& protocol, int port) {
    const auto number = std::to_string(port);
    wire_.watch(name, protocol + " dport " + number, protocol + " sport " + number);
  }
  // Or by that of the remote's.
  void watch_remote_port(const std::string& name, const std::string& protocol, int port) {
    const auto number = std::to_string(port);
    wire_.watch(name, protocol + " sport " + number, protocol + " dport " + number);
  }
  void expect_owned(const Settled& settled, const Cgroup& cgroup, const std::string& flow) const {
    const auto truth = wire_.watched(flow);
    EXPECT_EQ(settled.books.of(cgroup), truth) << flow << '\n' << settled.books;
    EXPECT_FALSE(truth.empty()) << flow;
  }
};

void at_once(const std::vector<std::function<void()>>& bodies) {
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> failures(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        bodies[i]();
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

// `clients` connect from the remote one after another; the remote closes first.
void serve(const Wire& wire, const sys::Fd& listener, const SocketAddress& to, int clients) {
  for (int i = 0; i < clients; ++i) {
    auto [remote, host] =
        connect_through(listener, wire.remote().socket(to.family(), SOCK_STREAM), to);
    converse(remote, host, 5, 300, 20'000);
    close_in_order(std::move(remote), std::move(host));
  }
}

TEST_F(Attribution, FourCgroupsAtOnceEachHaveEveryPacketOfTheirSockets) {
  const Cgroup listening("listening"), connecting("connecting"), dual("dual"), silent("silent");
  watch_port("listening", "tcp", 8001);
  watch_remote_port("connecting", "tcp", 8002);
  wire_.watch("dual", "th dport 8003", "th sport 8003");
  watch_port("silent", "udp", 8004);

  const auto web = listening.socket(wire_.host(), AF_INET, SOCK_STREAM);
  const auto both = dual.socket(wire_.host(), AF_INET6, SOCK_STREAM);
  const auto both_udp = dual.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  const auto sink = silent.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  const auto peer = wire_.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(web, at("0.0.0.0", 8001));
  listen_at(both, at("::", 8003));
  bind_to(both_udp, at("::", 8003));
  bind_to(sink, at("0.0.0.0", 8004));
  listen_at(peer, remote_at(Ip::v4, 8002));

  const Counted counted(wire_.host_end());
  at_once({[&] { serve(wire_, web, host_at(Ip::v4, 8001), 20); },
           [&] {
             for (int i = 0; i < 10; ++i) {
               auto [host, remote] =
                   connect_through(peer, connecting.socket(wire_.host(), AF_INET, SOCK_STREAM),
                                   remote_at(Ip::v4, 8002));
               transfer(host, remote, 200'000);
               transfer(remote, host, 200'000);
               close_in_order(std::move(remote), std::move(host));
             }
           },
           [&] {
             serve(wire_, both, host_at(Ip::v4, 8003), 10);
             serve(wire_, both, host_at(Ip::v6, 8003), 10);
           },
           [&] {
             for (const auto version : {Ip::v4, Ip::v6}) {
               const auto client =
                   wire_.remote().socket(version == Ip::v4 ? AF_INET : AF_INET6, SOCK_DGRAM);
               for (int i = 0; i < 50; ++i) {
                 send_datagrams(client, host_at(version, 8003), 1, 500);
                 receive_datagrams(both_udp, 1);
               }
             }
           },
           [&] {
             const auto client = wire_.remote().socket(AF_INET, SOCK_DGRAM);
             for (int i = 0; i < 200; ++i) {
               send_datagrams(client, host_at(Ip::v4, 8004), 1, 700);
               receive_datagrams(sink, 1);
             }
           }});

  const auto settled = counted.settle();
  expect_conserved(settled, 400);
  expect_owned(settled, listening, "listening");
  expect_owned(settled, connecting, "connecting");
  expect_owned(settled, dual, "dual");
  expect_owned(settled, silent, "silent");
  EXPECT_EQ(settled.books.of(silent), received(200, 14 + 20 + 8 + 700));
}

TEST_F(Attribution, ADualStackUdpSocketOwnsWhatItSendsToIpv4AndIpv6) {
  const Cgroup dual("dual");
  const auto socket = dual.socket(wire_.host(), AF_INET6, SOCK_DGRAM);
  const Counted counted(wire_.host_end());
  send_datagrams(socket, at("::ffff:10.77.0.2", 5001), 10, 100);
  send_datagrams(socket, remote_at(Ip::v6, 5001), 10, 100);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(dual), sum(sent(10, 14 + 20 + 8 + 100), sent(10, 14 + 40 + 8 + 100)))
      << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Attribution, ASocketKeepsItsCgroupAfterTheCgroupIsRemoved) {
  Cgroup gone("gone");
  const auto socket = gone.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  bind_to(socket, host_at(Ip::v4, 5001));
  const Counted counted(wire_.host_end());
  gone.remove();
  const auto client = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  send_datagrams(client, host_at(Ip::v4, 5001), 10, 100);
  send_datagrams(socket, remote_at(Ip::v4, 5001), 10, 100);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(gone), sum(received(10, 142), sent(10, 142))) << settled.books;
}

TEST_F(Attribution, WhatMeetsTimeWaitIsClosingAndItsAnswerIsTheKernels) {
  constexpr int kConnections = 10;
  const Cgroup server("server");
  watch_port("server", "tcp", 8001);
  const auto listener = server.socket(wire_.host(), AF_INET, SOCK_STREAM);
  listen_at(listener, at("0.0.0.0", 8001));
  const Counted counted(wire_.host_end());
  std::vector<sys::Fd> half_closed;
  for (int i = 0; i < kConnections; ++i) {
    auto [remote, host] = connect_through(listener, wire_.remote().socket(AF_INET, SOCK_STREAM),
                                          host_at(Ip::v4, 8001));
    converse(remote, host, 2, 100, 100);
    half_closed.push_back(std::move(remote));
  }  // the host has closed; the remote's FIN comes to what is left of the socket
  std::this_thread::sleep_for(100ms);  // a delayed acknowledgement may take 40
  half_closed.clear();

  const auto settled = counted.settle();
  const auto& books = settled.books;
  EXPECT_EQ(books.of(AccountKind::closing), received(kConnections, kAck)) << books;
  EXPECT_EQ(books.of(AccountKind::kernel), sent(kConnections, kAck)) << books;
  EXPECT_EQ(
      sum(sum(books.of(server), books.of(AccountKind::closing)), books.of(AccountKind::kernel)),
      wire_.watched("server"));
  EXPECT_EQ(books.sum(), settled.truth);
}

TEST_F(Attribution, ASynToAClosedPortMeetsNoSocketAndTheResetIsTheKernels) {
  const Counted counted(wire_.host_end());
  for (int i = 0; i < 5; ++i) {
    EXPECT_THROW(connect_to(wire_.remote().socket(AF_INET, SOCK_STREAM), host_at(Ip::v4, 9)),
                 std::runtime_error);
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), received(5, kSyn)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::kernel), sent(5, kReset)) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Attribution, ADatagramToAClosedPortMeetsNoSocketAndTheIcmpIsTheKernels) {
  const Counted counted(wire_.host_end());
  const auto client = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  send_datagrams(client, host_at(Ip::v4, 9), 1, 100);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), received(1, 142)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::kernel), sent(1, 14 + 20 + 8 + 128)) << settled.books;
}

TEST_F(Attribution, EchoRepliesAndNeighbourDiscoveryAreTheKernels) {
  const Counted counted(wire_.host_end());
  wire_.remote().ip("neigh del fd77::1 dev cgt1\n");  // has to be asked for once more
  ping(wire_.remote().socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), host_at(Ip::v4, 0), 56);
  ping(wire_.remote().socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), host_at(Ip::v6, 0), 56);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::kernel), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.rx_packets.value, 3u);
  EXPECT_GE(settled.truth.tx_packets.value, 3u);
}

TEST_F(Attribution, APingIsItsSendersAndTheReplyIsNotTakenForASocketsOwn) {
  const Cgroup pinging("pinging");
  const auto raw = pinging.socket(wire_.host(), AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const Counted counted(wire_.host_end());
  ping(raw, remote_at(Ip::v4, 0), 56);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(pinging), sent(1, 98)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::kernel), received(1, 98)) << settled.books;
}

TEST_F(Attribution, OnlyTheFirstFragmentHasAnOwnerOnTheWayInButAllOnTheWayOut) {
  const Cgroup cgroup("fragments");
  for (const auto version : {Ip::v4, Ip::v6}) {
    const auto socket =
        cgroup.socket(wire_.host(), version == Ip::v4 ? AF_INET : AF_INET6, SOCK_DGRAM);
    const auto client = wire_.remote().socket(version == Ip::v4 ? AF_INET : AF_INET6, SOCK_DGRAM);
    bind_to(socket, host_at(version, 5001));
    const Counted counted(wire_.host_end());
    send_datagrams(client, host_at(version, 5001), 10, 4000);
    receive_datagrams(socket, 10);
    send_datagrams(socket, remote_at(version, 5001), 10, 4000);
    const auto settled = counted.settle();
    const auto fragments = settled.books.of(AccountKind::fragment);
    const auto owned = settled.books.of(cgroup);
    EXPECT_EQ(fragments.rx_packets.value, 20u) << settled.books;
    EXPECT_EQ(fragments.tx_packets.value, 0u) << settled.books;
    EXPECT_EQ(owned.rx_packets.value, 10u) << settled.books;
    EXPECT_EQ(owned.tx_packets.value, 30u) << settled.books;
    EXPECT_EQ(settled.books.sum(), settled.truth);
  }
}

TEST_F(Attribution, ARawFrameIsItsSendersWhateverItHolds) {
  const Cgroup cgroup("raw");
  const auto index = wire_.host().ifindex("cgt0");
  const Counted counted(wire_.host_end());
  const PacketSocket packets(cgroup.socket(wire_.host(), AF_PACKET, SOCK_RAW), index);
  for (int i = 0; i < 7; ++i)
    packets.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(100)));
  packets.send(tagged(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(96)), 5));
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(cgroup), sent(8, 114)) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
