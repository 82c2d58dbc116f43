// SPDX-License-Identifier: Apache-2.0
// The owner cache and TCP: it remembers an established connection as long as its packets come, and
// yet gives no packet to an owner that has gone, wherever and however the connection ended.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cgtally/abi.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/bpf/programs/detach.h"
#include "harness/host/on_cpu.h"
#include "harness/ledger/pinned.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kServerPort = 6002;
constexpr std::uint16_t kClientPort = 6003;
constexpr int kSegments = 5;
constexpr std::uint64_t kHandshake = 2;  // SYN and the ACK that ends it
// An entry is renewed after a second; five turns are two renewals.
constexpr int kTurns = 5;
constexpr auto kTurn = std::chrono::milliseconds(600);

void set(const sys::Fd& socket, int level, int name, int value) {
  require(setsockopt(socket.get(), level, name, &value, sizeof(value)) == 0, "set socket option");
}

std::uint32_t sequence(const sys::Fd& socket, int queue) {
  set(socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);
  std::uint32_t number = 0;
  socklen_t size = sizeof(number);
  require(getsockopt(socket.get(), IPPROTO_TCP, TCP_QUEUE_SEQ, &number, &size) == 0, "sequence");
  return number;
}

// What it attaches to the pinned ledger outlives it.
template <typename Function>
void in_another_process(Function function) {
  const auto child = fork();
  if (child == 0) {
    function();
    _exit(0);
  }
  require(child > 0 && wait_for(child) == 0, "another process");
}

// A veth hands a packet over on the CPU of the task that sends it: by OnCpu each CPU's cache is
// met.
class TcpOwnerCache : public WireTest {
 protected:
  // On a slow machine the client would probe for an ACK that is only late: a segment too many.
  void SetUp() override {
    WireTest::SetUp();
    wire_.remote().sysctl("net.ipv4.tcp_early_retrans", "0");
  }
  [[nodiscard]] Connection connect_to(const Cgroup& cgroup) const {
    const OnCpu other(OnCpu::Which::last);
    const auto listener = cgroup.socket(wire_.host(), AF_INET, SOCK_STREAM);
    set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    listen_at(listener, host_at(Ip::v4, kServerPort));
    auto client = wire_.remote().socket(AF_INET, SOCK_STREAM);
    set(client, SOL_SOCKET, SO_REUSEADDR, 1);
    set(client, IPPROTO_TCP, TCP_NODELAY, 1);
    bind_to(client, remote_at(Ip::v4, kClientPort));
    return connect_through(listener, std::move(client), host_at(Ip::v4, kServerPort));
  }
  static void send_segments(const Connection& connection) {
    const OnCpu one(OnCpu::Which::first);
    for (int i = 0; i < kSegments; ++i) {
      require(::send(connection.client.get(), "x", 1, 0) == 1, "send");
      char byte = 0;  // read at once: on a slow machine two segments would become one
      require(::recv(connection.server.get(), &byte, 1, MSG_WAITALL) == 1, "receive");
    }
  }
  // The entry of the first CPU is renewed meanwhile, and its packets are counted.
  static void talk_for_seconds(const Connection& connection) {
    for (int turn = 0; turn < kTurns; ++turn) {
      std::this_thread::sleep_for(kTurn);
      send_segments(connection);
    }
  }
  // Ends both ends by one RST.
  static void reset(Connection connection) {
    const OnCpu other(OnCpu::Which::last);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    require(
        setsockopt(connection.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0,
        "linger");
    connection.client = sys::Fd();
  }
  // Another socket takes the server's place without a packet, as when a checkpointed container is
  // restored.
  [[nodiscard]] sys::Fd move(sys::Fd server, const Cgroup& to) const {
    set(server, IPPROTO_TCP, TCP_REPAIR, 1);
    const auto sent = sequence(server, TCP_SEND_QUEUE);
    const auto received = sequence(server, TCP_RECV_QUEUE);
    server = sys::Fd();
    auto moved = to.socket(wire_.host(), AF_INET, SOCK_STREAM);
    set(moved, SOL_SOCKET, SO_REUSEADDR, 1);
    set(moved, IPPROTO_TCP, TCP_REPAIR, 1);
    for (const auto& [queue, number] :
         {std::pair{TCP_SEND_QUEUE, sent}, std::pair{TCP_RECV_QUEUE, received}}) {
      set(moved, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);
      set(moved, IPPROTO_TCP, TCP_QUEUE_SEQ, static_cast<int>(number));
    }
    bind_to(moved, host_at(Ip::v4, kServerPort));
    harness::connect_to(moved, remote_at(Ip::v4, kClientPort));
    constexpr int kOffWithoutProbe = -1;  // TCP_REPAIR_OFF_NO_WP
    set(moved, IPPROTO_TCP, TCP_REPAIR, kOffWithoutProbe);
    return moved;
  }
};

TEST_F(TcpOwnerCache, ATupleThatIsOwnedAnewAtOnceGivesTheOldOwnerNothing) {
  const Counted counted(wire_.host_end());
  for (int round = 0; round < 50; ++round) {
    const Cgroup before("before"), after("after");
    auto first = connect_to(before);
    send_segments(first);
    reset(std::move(first));
    auto second = connect_to(after);
    send_segments(second);
    reset(std::move(second));

    const auto books = counted.settle().books;
    EXPECT_EQ(books.of(before).rx_packets.value, kHandshake + kSegments + 1) << books;
    EXPECT_EQ(books.of(after).rx_packets.value, kHandshake + kSegments + 1) << books;
  }
}

TEST_F(TcpOwnerCache, AConnectionThatMovesToAnotherSocketWithoutAPacketHasItsNewOwnerAtOnce) {
  const Counted counted(wire_.host_end());
  for (int round = 0; round < 20; ++round) {
    const Cgroup before("before"), after("after");
    auto connection = connect_to(before);
    send_segments(connection);
    connection.server = move(std::move(connection.server), after);
    send_segments(connection);
    reset(std::move(connection));

    const auto books = counted.settle().books;
    EXPECT_EQ(books.of(before).rx_packets.value, kHandshake + kSegments) << books;
    EXPECT_EQ(books.of(after).rx_packets.value, kSegments + 1) << books;
  }
}

TEST_F(TcpOwnerCache, ATupleWhoseOwnerWasBelievedForSecondsHasItsNewOwnerAtOnce) {
  const Cgroup before("before"), after("after");
  const Counted counted(wire_.host_end());
  auto connection = connect_to(before);
  talk_for_seconds(connection);
  connection.server = move(std::move(connection.server), after);
  talk_for_seconds(connection);

  const auto books = counted.settle().books;
  EXPECT_EQ(books.of(before).rx_packets.value, kHandshake + kTurns * kSegments) << books;
  EXPECT_EQ(books.of(after).rx_packets.value, kTurns * kSegments) << books;
  reset(std::move(connection));
}

// Between `down` and `up`: the ledger stays, and with it each CPU's memory.
TEST_F(TcpOwnerCache, AConnectionThatMovesWhileNothingWatchesHasItsNewOwnerAtOnce) {
  const Cgroup before("before"), after("after");
  auto connection = connect_to(before);
  const Bpffs bpffs;
  auto ledger = bpf::Ledger::create({.slots = 128}).value();
  require(ledger.pin(bpffs.path()).has_value(), "pin");
  const auto up = [&] {
    in_another_process([&] {
      auto opened = bpf::Ledger::open(bpffs.path(), bpf::Access::write).value();
      auto tally = bpf::PacketPrograms::open(std::move(opened), bpffs.path()).value();
      (void)attach_to(tally, wire_.host_end());
    });
  };
  const auto down = [&] {
    require(bpf::detach_everything(ledger, bpffs.path(), bpf::find_netns_below(""), {}).has_value(),
            "detach");
  };
  up();
  send_segments(connection);
  down();
  connection.server = move(std::move(connection.server), after);
  up();
  send_segments(connection);
  down();

  const InterfaceKey key{ledger.interfaces().at(0).first};
  const Books books(bpf::TotalsReader(ledger).read(), key);
  EXPECT_EQ(books.of(before).rx_packets.value, kSegments) << books;
  EXPECT_EQ(books.of(after).rx_packets.value, kSegments) << books;
  reset(std::move(connection));
}

// The client does nothing but acknowledge.
TEST_F(TcpOwnerCache, ASegmentWithoutDataIsCountedAsSuchAlsoWhenItRenewsTheOwner) {
  const Cgroup owner("owner");
  const Counted counted(wire_.host_end());
  const auto connection = connect_to(owner);
  for (int turn = 0; turn < kTurns; ++turn) {
    std::this_thread::sleep_for(kTurn);
    require(::send(connection.server.get(), "x", 1, 0) == 1, "send");
  }
  const auto books = counted.settle().books;
  EXPECT_EQ(books.of(owner).rx_packets.value, kHandshake + kTurns) << books;
  EXPECT_EQ(books.tcp_of(owner).rx_without_data.value, kHandshake + kTurns) << books;
}

// The socket stays established, but the host sends on what comes for it.
TEST_F(TcpOwnerCache, AnOwnerWhoseAddressIsElsewhereIsNotBelievedForAnotherSecond) {
  wire_.host().sysctl("net.ipv4.ip_forward", "1");
  const Cgroup owner("owner");
  auto tally = make_tally();
  auto device = wire_.host_end();
  const auto netns = tally.add_netns();
  require(tally.set_addresses(netns, device.addresses).has_value(), "addresses");
  InterfaceKey key;
  {
    const Inside guard(wire_.host());
    key = tally.attach(device.link(), netns).value();
  }
  const auto packets = [&] { return Books(tally.read(), key).of(owner).rx_packets.value; };
  const auto connection = connect_to(owner);
  talk_for_seconds(connection);
  EXPECT_EQ(packets(), kHandshake + kTurns * kSegments);

  wire_.host().ip("addr del 10.77.0.1/24 dev cgt0\nroute add 10.77.0.1 dev cgt0");
  std::erase(device.addresses, parse_address(kHost4));
  require(tally.set_addresses(netns, device.addresses).has_value(), "addresses");
  std::this_thread::sleep_for(2 * kTurn);
  const OnCpu one(OnCpu::Which::first);
  require(::send(connection.client.get(), "x", 1, 0) == 1, "send");
  std::this_thread::sleep_for(kTurn);
  EXPECT_EQ(packets(), kHandshake + kTurns * kSegments);
  EXPECT_GT(Books(tally.read(), key).of(AccountKind::forwarded).rx_packets.value, 0U);
}

}  // namespace
}  // namespace cgtally::harness
