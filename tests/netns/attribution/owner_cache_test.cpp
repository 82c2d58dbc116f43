// SPDX-License-Identifier: Apache-2.0
// The owner cache's admitted error: when a UDP tuple gets a new owner, packets may be counted on
// the old one until the jiffy ends in which its socket was last looked at. No longer, and no packet
// is lost.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <ctime>
#include <thread>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPayload = 100;
constexpr std::uint64_t kFrame = 142;

// The coarse clock ticks once a jiffy.
std::chrono::nanoseconds jiffy() {
  timespec tick{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return std::chrono::seconds(tick.tv_sec) + std::chrono::nanoseconds(tick.tv_nsec);
}

class OwnerCache : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    bind_to(client_, remote_at(Ip::v4, 6001));
  }
  // The same local port, in another cgroup each time.
  [[nodiscard]] sys::Fd own(const Cgroup& cgroup) const {
    auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    bind_to(socket, host_at(Ip::v4, 6000));
    return socket;
  }
  void send(int count) const { send_datagrams(client_, host_at(Ip::v4, 6000), count, kPayload); }

  static void receive(const sys::Fd& socket, int count) {
    std::array<char, kPayload> datagram{};
    for (int i = 0; i < count; ++i) {
      require(::recv(socket.get(), datagram.data(), datagram.size(), 0) == kPayload, "receive");
    }
  }

  const sys::Fd client_ = wire_.remote().socket(AF_INET, SOCK_DGRAM);
};

TEST_F(OwnerCache, ANewOwnerOfATupleHasEveryPacketOfTheNextJiffies) {
  const Counted counted(wire_.host_end());
  for (int round = 0; round < 20; ++round) {
    const Cgroup before("before"), after("after");
    auto socket = own(before);
    send(10);
    receive(socket, 10);  // on a slow machine they would find it closed
    socket = sys::Fd();
    const auto next = own(after);
    send(5);  // perhaps within the jiffy of the last lookup
    std::this_thread::sleep_for(2 * jiffy());
    send(10);

    const auto books = counted.settle().books;
    const auto old_packets = books.of(before).rx_packets.value;
    const auto new_packets = books.of(after).rx_packets.value;
    EXPECT_GE(old_packets, 10u);
    EXPECT_LE(old_packets, 15u);
    EXPECT_EQ(old_packets + new_packets, 25u);
    EXPECT_EQ(sum(books.of(before), books.of(after)), received(25, kFrame));
  }
}

// A steady stream must not keep an entry alive beyond its jiffy.
TEST_F(OwnerCache, AStreamWithoutAPauseDoesNotKeepTheOldOwner) {
  const Cgroup before("before"), after("after");
  const Counted counted(wire_.host_end());
  auto socket = own(before);
  const auto stream_for = [&](std::chrono::nanoseconds time) {
    int count = 0;
    for (const auto end = Clock::now() + time; Clock::now() < end; ++count) send(1);
    return count;
  };
  int all = stream_for(5 * jiffy());
  socket = sys::Fd();
  const auto next = own(after);
  all += stream_for(2 * jiffy());
  const auto by_then = counted.books().of(before);
  const int later = stream_for(10 * jiffy());
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(before), by_then) << settled.books;
  EXPECT_GE(settled.books.of(after).rx_packets.value, static_cast<std::uint64_t>(later));
  EXPECT_EQ(settled.books.sum(), settled.truth);
  EXPECT_EQ(sum(settled.books.of(before), settled.books.of(after)),
            received(static_cast<std::uint64_t>(all + later), kFrame));
}

TEST_F(OwnerCache, AClosedSocketsPacketsMeetNoSocketFromTheNextJiffyOn) {
  const Cgroup cgroup("closing");
  const Counted counted(wire_.host_end());
  {
    const auto socket = own(cgroup);
    send(10);
    (void)counted.settle();  // a slow machine hands them over long after they were sent
  }
  std::this_thread::sleep_for(2 * jiffy());
  send(1);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(cgroup), received(10, kFrame)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::no_socket), received(1, kFrame)) << settled.books;
}

// From address and port 0; that is how the cache writes what anybody sends.
TEST_F(OwnerCache, ADatagramFromNobodyIsNotTakenForWhatAllSend) {
  const Cgroup general("general"), special("special");
  const auto shared = [&](const Cgroup& cgroup) {
    auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    const int on = 1;
    require(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "reuse");
    bind_to(socket, host_at(Ip::v4, 6000));
    return socket;
  };
  const auto connected = shared(special);
  connect_to(connected, remote_at(Ip::v4, 6001));
  const auto open = shared(general);
  const PacketSocket remote(wire_.remote(), "cgt1");
  const Frame from_nobody =
      ethernet(kRemoteMac, kHostMac, kEtherIp4,
               ip4({.source = "0.0.0.0", .destination = kHost4}, udp(0, 6000, kPayload)));
  const Counted counted(wire_.host_end());
  for (int round = 0; round < 100; ++round) {
    remote.send(from_nobody);
    send(1);
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(special), received(100, kFrame)) << settled.books;
  EXPECT_EQ(settled.books.of(general), received(100, kFrame)) << settled.books;
}

// To another MAC it is a copy, for example from a mirror port.
TEST_F(OwnerCache, AFrameForAnotherMacIsForwardedAlthoughItsFlowIsRemembered) {
  const Cgroup cgroup("server");
  const auto socket = own(cgroup);
  const PacketSocket remote(wire_.remote(), "cgt1");
  const Frame copy =
      ethernet(kRemoteMac, {2, 0, 0, 0, 0, 9}, kEtherIp4,
               ip4({.source = kRemote4, .destination = kHost4}, udp(6001, 6000, kPayload)));
  const Counted counted(wire_.host_end());
  for (int round = 0; round < 100; ++round) {
    send(1);
    remote.send(copy);
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(cgroup), received(100, kFrame)) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::forwarded), received(100, kFrame)) << settled.books;
}

TEST_F(OwnerCache, APacketWithoutItsWholeTcpHeaderIsNotGivenToTheFlowThatItLooksLike) {
  const Cgroup cgroup("server");
  const auto listener = cgroup.socket(wire_.host(), AF_INET, SOCK_STREAM);
  listen_at(listener, host_at(Ip::v4, 6002));
  auto socket = wire_.remote().socket(AF_INET, SOCK_STREAM);
  bind_to(socket, remote_at(Ip::v4, 6003));
  const auto [client, server] = connect_through(listener, std::move(socket), host_at(Ip::v4, 6002));
  const PacketSocket remote(wire_.remote(), "cgt1");
  Frame half = tcp(6003, 6002, 0);
  half.resize(8);
  const Frame frame =
      ethernet(kRemoteMac, kHostMac, kEtherIp4,
               ip4({.protocol = kProtocolTcp, .source = kRemote4, .destination = kHost4}, half));
  const Counted counted(wire_.host_end());
  const int on = 1;
  require(setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0, "nodelay");
  for (int round = 0; round < 100; ++round) {
    require(::send(client.get(), "x", 1, 0) == 1, "send");
    remote.send(frame);
    char byte = 0;  // read at once: on a slow machine many segments would become one
    require(::recv(server.get(), &byte, 1, MSG_WAITALL) == 1, "receive");
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::kernel), received(100, frame.size())) << settled.books;
  EXPECT_GT(settled.books.of(cgroup).rx_packets.value, 10U) << "TCP may send some in one";
}

}  // namespace
}  // namespace cgtally::harness
