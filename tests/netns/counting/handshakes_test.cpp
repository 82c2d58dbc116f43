// SPDX-License-Identifier: Apache-2.0
// What TCP's flags tell is exact: connections, resets and segments without data, each on the
// account that it belongs to, and all of them together as nftables counts them on the wire.
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint64_t kAccepted = 12;
constexpr std::uint64_t kRefused = 5;
constexpr std::uint16_t kServed = 5001;
constexpr std::uint16_t kNotServed = 5999;
constexpr int kShortestHeader = 5;  // in words of 4 bytes
constexpr int kLongestHeader = 15;

class Handshakes : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  Handshakes() {
    watch("syn", "tcp flags & (syn | ack) == syn");
    watch("rst", "tcp flags & rst == rst");
    for (int words = kShortestHeader; words <= kLongestHeader; ++words) {
      const std::string header = "tcp doff " + std::to_string(words) + " ";
      const std::string size = std::to_string(4 * words);
      watch("four" + size, header + "ip length " + std::to_string(20 + 4 * words));
      watch("six" + size, header + "ip6 length " + size);
    }
  }

  // As nftables has it.
  [[nodiscard]] TcpCounts truth() const {
    TcpCounts all;
    for (int words = kShortestHeader; words <= kLongestHeader; ++words) {
      for (const std::string version : {"four", "six"}) {
        const Traffic empty = wire_.watched(version + std::to_string(4 * words));
        all.rx_without_data += empty.rx_packets;
        all.tx_without_data += empty.tx_packets;
      }
    }
    const Traffic syn = wire_.watched("syn");
    const Traffic rst = wire_.watched("rst");
    all.rx_connections = syn.rx_packets.value;
    all.tx_connections = syn.tx_packets.value;
    all.rx_resets = rst.rx_packets.value;
    all.tx_resets = rst.tx_packets.value;
    return all;
  }

  // Connections that talk, one after another, and then some that nobody takes.
  static void talk(const sys::Fd& listener, const std::function<sys::Fd()>& client,
                   const SocketAddress& served, const SocketAddress& not_served) {
    for (std::uint64_t i = 0; i < kAccepted; ++i) {
      auto [near, far] = connect_through(listener, client(), served);
      converse(near, far, 3, 200, 5000);
      close_in_order(std::move(near), std::move(far));
    }
    for (std::uint64_t i = 0; i < kRefused; ++i) {
      const sys::Fd refused = client();
      EXPECT_EQ(connect(refused.get(), not_served.get(), not_served.size), -1);
      EXPECT_EQ(errno, ECONNREFUSED);
    }
  }

 private:
  void watch(const std::string& name, const std::string& match) { wire_.watch(name, match, match); }
};

INSTANTIATE_TEST_SUITE_P(By, Handshakes, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TcpCounts sum_of_tcp(const Books& books) {
  TcpCounts all;
  for (const auto& [account, traffic] : books.accounts()) all += traffic.tcp;
  return all;
}

TEST_P(Handshakes, OfAServerAreTheConnectionsThatCameAndThoseRefusedAreOnReasons) {
  const Counted counted(wire_.host_end(), GetParam());
  const Cgroup web("web");
  for (const Ip version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = web.socket(wire_.host(), family, SOCK_STREAM);
    listen_at(listener, host_at(version, kServed));
    talk(
        listener, [&] { return wire_.remote().socket(family, SOCK_STREAM); },
        host_at(version, kServed), host_at(version, kNotServed));
  }
  const auto settled = counted.settle();
  const TcpCounts of_web = settled.books.tcp_of(web);
  EXPECT_EQ(of_web.rx_connections, 2 * kAccepted);
  EXPECT_EQ(of_web.tx_connections, 0U);
  EXPECT_EQ(of_web.rx_resets, 0U);
  EXPECT_EQ(of_web.tx_resets, 0U);
  EXPECT_EQ(settled.books.tcp_of(Account{AccountKind::no_socket, 0}).rx_connections, 2 * kRefused);
  EXPECT_EQ(settled.books.tcp_of(Account{AccountKind::kernel, 0}).tx_resets, 2 * kRefused);
  EXPECT_EQ(sum_of_tcp(settled.books), truth()) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_P(Handshakes, OfAClientAreTheConnectionsThatItAskedForAndTheResetsThatItGot) {
  const Counted counted(wire_.host_end(), GetParam());
  const Cgroup client("client");
  for (const Ip version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = wire_.remote().socket(family, SOCK_STREAM);
    listen_at(listener, remote_at(version, kServed));
    talk(
        listener, [&] { return client.socket(wire_.host(), family, SOCK_STREAM); },
        remote_at(version, kServed), remote_at(version, kNotServed));
  }
  const auto settled = counted.settle();
  const TcpCounts of_client = settled.books.tcp_of(client);
  EXPECT_EQ(of_client.tx_connections, 2 * (kAccepted + kRefused));
  EXPECT_EQ(of_client.rx_connections, 0U);
  EXPECT_EQ(of_client.rx_resets, 2 * kRefused);
  EXPECT_EQ(of_client.tx_resets, 0U);
  EXPECT_EQ(sum_of_tcp(settled.books), truth()) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

// Super-packets are no segments without data, and what acknowledges them is.
TEST_P(Handshakes, SegmentsWithoutDataAreExactBesideSuperPackets) {
  constexpr std::size_t kManyBytes = 2'000'000;
  const Counted counted(wire_.host_end(), GetParam());
  for (const Ip version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = wire_.remote().socket(family, SOCK_STREAM);
    listen_at(listener, remote_at(version, kServed));
    auto [host, remote] = connect_through(listener, wire_.host().socket(family, SOCK_STREAM),
                                          remote_at(version, kServed));
    transfer(host, remote, kManyBytes);
    transfer(remote, host, kManyBytes);
    close_in_order(std::move(remote), std::move(host));
  }
  const auto settled = counted.settle();
  const TcpCounts all = truth();
  EXPECT_EQ(sum_of_tcp(settled.books), all) << settled.books;
  EXPECT_GT(all.rx_without_data.value, 100U);
  EXPECT_GT(settled.truth.tx_packets.value - all.tx_without_data.value, 2 * kManyBytes / 1500);
}

}  // namespace
}  // namespace cgtally::harness
