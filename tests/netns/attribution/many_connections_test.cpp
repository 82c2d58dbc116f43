// SPDX-License-Identifier: Apache-2.0
// The owner cache and many TCP connections: those over IPv4 share cache lines, and what they have
// in common, yet each packet counts for the owner of its own connection.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/host/on_cpu.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kFirstPort = 6200;
constexpr std::uint16_t kOnlyPeerPort = 6199;
constexpr std::uint64_t kOpening = 2;  // SYN and the ACK that ends the handshake
// After a second an owner without packets may lose its place to another one.
constexpr auto kLongPause = std::chrono::milliseconds(1300);

class ManyConnections : public WireTest {
 protected:
  // On a slow machine a client would probe for an ACK that is only late: a segment too many.
  void SetUp() override {
    WireTest::SetUp();
    wire_.remote().sysctl("net.ipv4.tcp_early_retrans", "0");
  }
  [[nodiscard]] sys::Fd listener_of(const Cgroup& owner, const SocketAddress& at) const {
    auto listener = owner.socket(wire_.host(), AF_INET, SOCK_STREAM);
    listen_at(listener, at);
    return listener;
  }
  [[nodiscard]] Connection connect_to(const sys::Fd& listener, const SocketAddress& at) const {
    return connect_through(listener, wire_.remote().socket(AF_INET, SOCK_STREAM), at);
  }
  static void send_segment(const Connection& connection) {
    require(::send(connection.client.get(), "x", 1, 0) == 1, "send");
    char byte = 0;
    require(::recv(connection.server.get(), &byte, 1, MSG_WAITALL) == 1, "receive");
  }
  static void send_segments(const std::vector<Connection>& connections) {
    for (const auto& connection : connections) send_segment(connection);
  }
  // Each with a listener of its own and one connection.
  struct Crowd {
    std::vector<Cgroup> owners;
    std::vector<Connection> connections;
  };
  [[nodiscard]] Crowd make_crowd(const std::string& label, int size, std::uint16_t port) const {
    Crowd crowd;
    for (int i = 0; i < size; ++i) {
      const auto at = host_at(Ip::v4, static_cast<std::uint16_t>(port + i));
      crowd.owners.emplace_back(label + std::to_string(i));
      crowd.connections.push_back(connect_to(listener_of(crowd.owners.back(), at), at));
    }
    return crowd;
  }
};

// Of owners, packets received: to be compared as a whole.
std::vector<std::uint64_t> packets_of(const Books& books, const std::vector<Cgroup>& owners) {
  std::vector<std::uint64_t> packets;
  for (const auto& owner : owners) packets.push_back(books.of(owner).rx_packets.value);
  return packets;
}

// Three on a line are usual then, and many lines have more than their four.
TEST_F(ManyConnections, FifteenHundredOfThemCountEachForItsOwner) {
  constexpr int kOfEach = 750;
  constexpr int kRounds = 5;
  const Counted counted(wire_.host_end());
  const Cgroup owners[] = {Cgroup("even"), Cgroup("odd")};
  const SocketAddress at[] = {host_at(Ip::v4, kFirstPort), host_at(Ip::v4, kFirstPort + 1)};
  const sys::Fd listeners[] = {listener_of(owners[0], at[0]), listener_of(owners[1], at[1])};

  const OnCpu one(OnCpu::Which::first);
  std::vector<Connection> connections;
  for (int i = 0; i < 2 * kOfEach; ++i)
    connections.push_back(connect_to(listeners[i % 2], at[i % 2]));
  for (int round = 0; round < kRounds; ++round) send_segments(connections);

  const auto books = counted.settle().books;
  for (const auto& owner : owners)
    EXPECT_EQ(books.of(owner).rx_packets.value, kOfEach * (kOpening + kRounds)) << books;
}

// The same peer and ports each time: only the address of ours tells the connections apart.
TEST_F(ManyConnections, OfOnePeerPortToManyAddressesCountEachForItsOwner) {
  constexpr int kAddresses = 200;
  constexpr int kRounds = 5;
  auto device = wire_.host_end();
  wire_.remote().ip("route add 10.78.0.0/24 dev cgt1");
  for (int i = 1; i <= kAddresses; ++i) {
    const auto address = "10.78.0." + std::to_string(i);
    wire_.host().ip("addr add " + address + "/32 dev cgt0");
    device.addresses.push_back(parse_address(address));
  }
  const Counted counted(device);
  const Cgroup even("even"), odd("odd");

  const OnCpu one(OnCpu::Which::first);
  std::vector<Connection> connections;
  for (int i = 1; i <= kAddresses; ++i) {
    const auto to = at("10.78.0." + std::to_string(i), kFirstPort);
    auto client = wire_.remote().socket(AF_INET, SOCK_STREAM);
    bind_to(client, remote_at(Ip::v4, kOnlyPeerPort));
    connections.push_back(
        connect_through(listener_of(i % 2 == 0 ? even : odd, to), std::move(client), to));
  }
  for (int round = 0; round < kRounds; ++round) send_segments(connections);

  const auto books = counted.settle().books;
  for (const auto* owner : {&even, &odd})
    EXPECT_EQ(books.of(*owner).rx_packets.value, kAddresses / 2 * (kOpening + kRounds)) << books;
}

// More owners than a CPU has places for: some lose theirs to others while their connections live.
TEST_F(ManyConnections, OfMoreOwnersThanThereArePlacesCountEachForItsOwner) {
  constexpr int kOwners = 300;
  const Counted counted(wire_.host_end());
  const OnCpu one(OnCpu::Which::first);
  const auto first = make_crowd("first", kOwners, kFirstPort);
  send_segments(first.connections);
  std::this_thread::sleep_for(kLongPause);
  const auto second = make_crowd("second", kOwners, kFirstPort + kOwners);
  send_segments(second.connections);
  send_segments(first.connections);
  std::this_thread::sleep_for(kLongPause);
  send_segments(second.connections);
  send_segments(first.connections);

  const auto books = counted.settle().books;
  EXPECT_EQ(packets_of(books, first.owners), std::vector<std::uint64_t>(kOwners, kOpening + 3));
  EXPECT_EQ(packets_of(books, second.owners), std::vector<std::uint64_t>(kOwners, kOpening + 2));
}

}  // namespace
}  // namespace cgtally::harness
