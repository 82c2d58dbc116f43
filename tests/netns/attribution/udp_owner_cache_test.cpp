// SPDX-License-Identifier: Apache-2.0
// The owner cache and UDP: it remembers the owner of a flow for up to a second, and yet gives no
// datagram to a socket that has been closed, nor from the next jiffy on to one that has lost the
// flow in another way. On kernels where the programs cannot read a socket, both begin with the next
// jiffy.
#include <bpf/bpf.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "cgtally/abi.h"

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/bpf/base/kernel_features.h"
#include "harness/host/command.h"
#include "harness/host/on_cpu.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kUdpServerPort = 6000;
constexpr std::uint16_t kUdpClientPort = 6001;
constexpr std::uint16_t kAnotherPort = 6002;
constexpr int kDatagrams = 5;
constexpr std::size_t kDatagramBytes = 100;
constexpr int kRounds = 20;
constexpr auto kTwoOfTheLongestJiffies = std::chrono::milliseconds(20);
constexpr auto kNoPause = std::chrono::milliseconds(0);

void share_port(const sys::Fd& socket) {
  const int on = 1;
  require(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "reuse");
}

// A veth hands a datagram over on the CPU of the task that sends it; sockets change on another.
class UdpOwnerCache : public WireTest, public ::testing::WithParamInterface<Ip> {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    bind_to(client_, remote_at(GetParam(), kUdpClientPort));
  }
  [[nodiscard]] SocketAddress server() const { return host_at(GetParam(), kUdpServerPort); }
  [[nodiscard]] SocketAddress wildcard() const {
    return at(GetParam() == Ip::v4 ? "0.0.0.0" : "::", kUdpServerPort);
  }
  [[nodiscard]] int family() const { return server().family(); }
  [[nodiscard]] sys::Fd socket_of(const Cgroup& cgroup) const {
    return cgroup.socket(wire_.host(), family(), SOCK_DGRAM);
  }

  // Does something to a socket.
  template <typename Change>
  void change(Change what) const {
    {
      const OnCpu other(OnCpu::Which::last);
      what();
    }
    std::this_thread::sleep_for(kTwoOfTheLongestJiffies);
  }
  // That is seen at once.
  void close(sys::Fd& socket) const {
    {
      const OnCpu other(OnCpu::Which::last);
      socket = sys::Fd();
    }
    if (!sockets_are_read_) std::this_thread::sleep_for(kTwoOfTheLongestJiffies);
  }
  void connect(const sys::Fd& socket, std::uint16_t port) const {
    change([&] { harness::connect_to(socket, remote_at(GetParam(), port)); });
  }
  void disconnect(const sys::Fd& socket) const {
    change([&] {
      const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
      require(::connect(socket.get(), &none, sizeof(none)) == 0, "disconnect");
    });
  }

  void netfilter(const std::string& commands) const {
    const Inside guard(wire_.host());
    run({"nft", "-f", "-"}, commands + "\n");
  }
  // A chain that translates, and not what the tests send. Without a rule it would track nothing.
  void add_nat() const {
    netfilter(
        "table inet cgt {\n"
        "chain prerouting { type nat hook prerouting priority -100; policy accept;\n"
        "udp dport 9 redirect to :10\n}\n"
        "}");
  }
  // After add_nat, which loads it.
  static bool conntrack_is_asked() { return bpf::probe_kernel().conntrack_lookup; }
  // Of the first datagrams to a port it is not known yet that nobody translates them.
  void meet_conntrack() const {
    const Cgroup first("first");
    const auto socket = socket_of(first);
    bind_to(socket, server());
    send_to(socket);
    std::this_thread::sleep_for(kTwoOfTheLongestJiffies);
    send_to(socket);
  }

  void send() const {
    const OnCpu one(OnCpu::Which::first);
    send_datagrams(client_, server(), kDatagrams, kDatagramBytes);
  }
  // They must come to `receiver`.
  void send_to(const sys::Fd& receiver) const {
    send();
    receive_datagrams(receiver, kDatagrams);
  }
  // Nobody takes them. What the host answers would be the client's error at its next datagram.
  void send_to_nobody() const {
    for (int i = 0; i < kDatagrams; ++i) {
      const OnCpu one(OnCpu::Which::first);
      send_datagrams(client_, server(), 1, kDatagramBytes);
      int refused = 0;
      socklen_t size = sizeof(refused);
      require(getsockopt(client_.get(), SOL_SOCKET, SO_ERROR, &refused, &size) == 0, "error");
    }
  }
  static std::uint64_t packets(const Books& books, const Cgroup& cgroup) {
    return books.of(cgroup).rx_packets.value;
  }
  static std::uint64_t unclaimed(const Books& books) {
    return books.of(AccountKind::no_socket).rx_packets.value;
  }

  // One socket after the other has the client's flow, each of another cgroup.
  void expect_each_to_have_its_own(const Counted& counted,
                                   std::chrono::milliseconds pause_after_close) const {
    for (int round = 0; round < kRounds; ++round) {
      const Cgroup before("before"), after("after");
      for (const Cgroup* owner : {&before, &after}) {
        auto socket = socket_of(*owner);
        bind_to(socket, server());
        send_to(socket);
        close(socket);
        std::this_thread::sleep_for(pause_after_close);
      }
      const auto books = counted.settle().books;
      EXPECT_EQ(packets(books, before), kDatagrams) << books;
      EXPECT_EQ(packets(books, after), kDatagrams) << books;
    }
  }

  const bool sockets_are_read_ = bpf::probe_kernel().rdonly_cast;
  const sys::Fd client_ =
      wire_.remote().socket(GetParam() == Ip::v4 ? AF_INET : AF_INET6, SOCK_DGRAM);
};
INSTANTIATE_TEST_SUITE_P(By, UdpOwnerCache, ::testing::Values(Ip::v4, Ip::v6),
                         [](const auto& of) { return of.param == Ip::v4 ? "ipv4" : "ipv6"; });

TEST_P(UdpOwnerCache, AFlowThatIsOwnedAnewGivesTheOldOwnerNothing) {
  const Counted counted(wire_.host_end());
  expect_each_to_have_its_own(counted, kNoPause);
}

// What comes late for an address is its last server's (late.bpf.h).
TEST_P(UdpOwnerCache, AnAddressIsItsNextServersAlsoIfItsSendersStayTheSame) {
  const Cgroup before("before"), after("after");
  Counted counted(wire_.host_end());
  for (const Cgroup* owner : {&before, &after}) {
    auto socket = socket_of(*owner);
    bind_to(socket, server());
    send_to(socket);
    close(socket);
    const int services = counted.tally().ledger().fd("services");
    cgt_service service{};
    std::uint64_t server_id = 0;
    ASSERT_EQ(bpf_map_get_next_key(services, nullptr, &service), 0);
    ASSERT_EQ(bpf_map_lookup_elem(services, &service, &server_id), 0);
    EXPECT_EQ(server_id, owner->id());
    EXPECT_NE(bpf_map_get_next_key(services, &service, &service), 0) << "it is the only one";
  }
}

TEST_P(UdpOwnerCache, AClosedSocketsDatagramsMeetNoSocket) {
  const Cgroup cgroup("closing");
  const Counted counted(wire_.host_end());
  for (int round = 0; round < kRounds; ++round) {
    auto socket = socket_of(cgroup);
    bind_to(socket, server());
    send_to(socket);
    close(socket);
    send_to_nobody();
  }
  const auto books = counted.settle().books;
  EXPECT_EQ(packets(books, cgroup), kRounds * kDatagrams) << books;
  EXPECT_EQ(unclaimed(books), kRounds * kDatagrams) << books;
}

TEST_P(UdpOwnerCache, ASocketThatConnectsElsewhereLosesTheFlowUntilItDisconnects) {
  const Cgroup cgroup("connecting");
  const Counted counted(wire_.host_end());
  const auto socket = socket_of(cgroup);
  bind_to(socket, wildcard());
  for (int round = 0; round < kRounds; ++round) {
    send_to(socket);
    connect(socket, kAnotherPort);
    send_to_nobody();
    disconnect(socket);
    send_to(socket);
    connect(socket, kUdpClientPort);
    send_to(socket);
    disconnect(socket);
  }
  const auto books = counted.settle().books;
  EXPECT_EQ(packets(books, cgroup), 3 * kRounds * kDatagrams) << books;
  EXPECT_EQ(unclaimed(books), kRounds * kDatagrams) << books;
}

// What anybody sends to an open socket is remembered once for all senders.
TEST_P(UdpOwnerCache, ASocketThatConnectsToOneOfItsSendersLosesTheOthers) {
  constexpr int kSenders = 20;
  const Cgroup cgroup("choosing"), heir("heir");
  const Counted counted(wire_.host_end());
  std::vector<sys::Fd> others;
  for (int i = 0; i < kSenders; ++i) {
    others.push_back(wire_.remote().socket(family(), SOCK_DGRAM));
    bind_to(others.back(), remote_at(GetParam(), static_cast<std::uint16_t>(kAnotherPort + i)));
  }
  const auto others_send = [&] {
    const OnCpu one(OnCpu::Which::first);
    for (const auto& other : others) send_datagrams(other, server(), 1, kDatagramBytes);
  };
  auto socket = socket_of(cgroup);
  bind_to(socket, server());
  others_send();
  send_to(socket);
  connect(socket, kUdpClientPort);
  others_send();
  send_to(socket);
  close(socket);
  socket = socket_of(heir);
  share_port(socket);
  bind_to(socket, server());
  send_to(socket);
  send_to(socket);
  const auto books = counted.settle().books;
  EXPECT_EQ(packets(books, cgroup), kSenders + 2 * kDatagrams) << books;
  EXPECT_EQ(unclaimed(books), kSenders) << books;
  EXPECT_EQ(packets(books, heir), 2 * kDatagrams) << books;
}

TEST_P(UdpOwnerCache, ASocketThatIsBoundToAnotherDeviceLosesTheFlow) {
  const Cgroup cgroup("deaf");
  const Counted counted(wire_.host_end());
  const auto socket = socket_of(cgroup);
  bind_to(socket, server());
  send_to(socket);
  change([&] {
    const std::string_view loopback = "lo";
    require(setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, loopback.data(),
                       static_cast<socklen_t>(loopback.size())) == 0,
            "bind to a device");
  });
  send_to_nobody();
  const auto books = counted.settle().books;
  EXPECT_EQ(packets(books, cgroup), kDatagrams) << books;
  EXPECT_EQ(unclaimed(books), kDatagrams) << books;
}

// The first one permits it only after its owner was remembered.
TEST_P(UdpOwnerCache, ASecondSocketForTheAddressItselfTakesTheFlowFromOneForAny) {
  const Cgroup general("general"), special("special");
  const Counted counted(wire_.host_end());
  for (int round = 0; round < kRounds; ++round) {
    auto one = socket_of(general);
    bind_to(one, wildcard());
    send_to(one);
    sys::Fd other;
    change([&] {
      share_port(one);
      other = socket_of(special);
      share_port(other);
      bind_to(other, server());
    });
    send_to(other);
    change([&] { other = sys::Fd(); });  // it is remembered as one that shares
    send_to(one);
    change([&] { one = sys::Fd(); });
  }
  const auto books = counted.settle().books;
  EXPECT_EQ(packets(books, general), 2 * kRounds * kDatagrams) << books;
  EXPECT_EQ(packets(books, special), kRounds * kDatagrams) << books;
}

// Conntrack knows the flow from its second datagram on, and that it is not translated.
TEST_P(UdpOwnerCache, UnderNatAFlowThatIsOwnedAnewGivesTheOldOwnerNothing) {
  add_nat();
  const Counted counted(wire_.host_end());
  meet_conntrack();
  // Where conntrack cannot be asked, a flow is looked up in each jiffy.
  expect_each_to_have_its_own(counted, conntrack_is_asked() ? kNoPause : kTwoOfTheLongestJiffies);
}

// Conntrack has forgotten the flow meanwhile: a rule decides. In its first jiffy we only guess.
TEST_P(UdpOwnerCache, UnderNatAFlowThatARuleRedirectsIsNotItsFormerSockets) {
  add_nat();
  if (!conntrack_is_asked()) GTEST_SKIP() << "here nothing tells that the flow is redirected";
  wire_.host().sysctl("net.netfilter.nf_conntrack_udp_timeout", "1");
  const Counted counted(wire_.host_end());
  meet_conntrack();
  const Cgroup before("before"), redirected("redirected");
  const auto former = socket_of(before), other = socket_of(redirected);
  bind_to(former, server());
  bind_to(other, host_at(GetParam(), kAnotherPort));
  send_to(former);
  netfilter("add rule inet cgt prerouting udp dport 6000 redirect to :6002");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  send_to(other);
  std::this_thread::sleep_for(kTwoOfTheLongestJiffies);
  send_to(other);

  const auto books = counted.settle().books;
  EXPECT_LE(packets(books, before), 2 * kDatagrams) << books;
  EXPECT_GE(packets(books, redirected), kDatagrams) << books;
}

}  // namespace
}  // namespace cgtally::harness
