// SPDX-License-Identifier: Apache-2.0
// The accounts of an uplink's forwarded traffic while EndpointWatcher keeps the endpoints: each
// byte is on the cgroup of the pod's socket, and never on that of a pod that had the address
// before.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/netlink/peers/peers.h"
#include "adapters/sys/clock.h"
#include "netns/endpoints/node.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 7000;

Traffic plus(Traffic a, const Traffic& b) {
  a += b;
  return a;
}

class ForwardedOwner : public testing::TestWithParam<PodLink> {};

TEST_P(ForwardedOwner, IsTheContainerWhoseSocketSendsAndReceives) {
  Node node;
  const Cgroup pod_group("pod");
  const Cgroup app("app");
  const Pod pod(node, 5, GetParam());
  pod.bring_up();
  const Inhabitant process(pod.netns(), pod_group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v6()) == pod_group.id(); }));
  for (const std::string& address : {pod.v4(), pod.v6()}) {
    const auto to = at(address, kPort);
    const auto listener = app.socket(pod.netns(), to.family(), SOCK_STREAM);
    listen_at(listener, to);
    auto client = node.wire().remote().socket(to.family(), SOCK_STREAM);
    connect_to(client, to);
    auto server = accept_from(listener);
    transfer(client, server, 2'000'000);
    transfer(server, client, 2'000'000);
    converse(client, server, 50, 300, 3000);
    close_in_order(std::move(client), std::move(server));
    const auto udp = app.socket(pod.netns(), to.family(), SOCK_DGRAM);
    bind_to(udp, to);
    const auto sender = node.wire().remote().socket(to.family(), SOCK_DGRAM);
    for (int i = 0; i < 50; ++i) {
      send_datagrams(sender, to, 1, 700);
      receive_datagrams(udp, 1);
    }
  }
  const auto settled = node.counted().settle();
  const Traffic named = settled.books.of(app);
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GT(named.rx_bytes.value, settled.truth.rx_bytes.value * 999 / 1000) << settled.books;
  EXPECT_GT(named.tx_bytes.value, settled.truth.tx_bytes.value * 999 / 1000) << settled.books;
  // Beside it: segments that merged on their way have lost their socket, and belong to the pod;
  // resolving neighbours is the kernel's.
  const Traffic others =
      plus(plus(settled.books.of(pod_group), settled.books.of(AccountKind::kernel)),
           settled.books.of(AccountKind::not_ip));
  EXPECT_EQ(plus(named, others), settled.truth) << settled.books;
}

TEST_P(ForwardedOwner, IsThePodWhereThereIsNoSocket) {
  Node node;
  const Cgroup group("pod");
  const Pod pod(node, 5, GetParam());
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  const auto before = node.counted().settle().books;
  const auto sender = node.wire().remote().socket(AF_INET, SOCK_DGRAM);
  send_datagrams(sender, at(pod.v4(), 9), 40, 1000);  // nobody listens: 40 * 1042 bytes
  const auto after = node.counted().settle();
  const Traffic gained = difference(before.of(group), after.books.of(group));
  EXPECT_EQ(gained.rx_bytes.value, 40U * 1042) << after.books;
  EXPECT_EQ(after.books.of(AccountKind::forwarded), before.of(AccountKind::forwarded));
}

// The kernel's table of ids has a second level from 64 on.
TEST(ForwardedOwnerChanges, APodWithAHighIdOwnsWhatNoSocketTakes) {
  Node node;
  const Cgroup group("pod");
  std::vector<std::unique_ptr<Netns>> others;
  for (int i = 0; i < 70; ++i) {
    others.push_back(std::make_unique<Netns>("other" + std::to_string(i)));
    const int fd = others.back()->fd();
    ASSERT_TRUE(inside(node.host(), [&] { return netlink::find_or_assign_nsid(fd); }).has_value());
  }
  const Pod pod(node, 5);
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  ASSERT_GT(node.at(pod.v4())->nsid, 63);
  ASSERT_TRUE(comes_true([&] { return node.at(pod.v4())->netns_inode != 0; }));
  const auto before = node.counted().settle().books.of(group);
  send_datagrams(node.wire().remote().socket(AF_INET, SOCK_DGRAM), at(pod.v4(), 9), 40, 1000);
  const auto after = node.counted().settle().books;
  EXPECT_EQ(difference(before, after.of(group)).rx_bytes.value, 40U * 1042) << after;
}

INSTANTIATE_TEST_SUITE_P(Links, ForwardedOwner, testing::Values(PodLink::routed, PodLink::bridged),
                         [](const auto& link) {
                           return link.param == PodLink::routed ? "Routed" : "Bridged";
                         });

// Sends datagrams to an address from the other end of the wire, all the time.
class Senders {
 public:
  Senders(const Node& node, const std::string& address)
      : socket_(node.wire().remote().socket(AF_INET, SOCK_DGRAM)), thread_([this, address] {
          while (!ended_) {
            send_datagrams(socket_, at(address, 9), 10, 200);
            std::this_thread::sleep_for(1ms);
          }
        }) {}
  ~Senders() {
    ended_ = true;
    thread_.join();
  }
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

 private:
  sys::Fd socket_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

TEST(ForwardedOwnerChanges, APodThatTakesTheAddressOfAnotherOneAtOnceNeverPaysIntoItsAccount) {
  Node node;
  const Senders senders(node, "10.88.0.5");
  for (int round = 0; round < 10; ++round) {
    const Cgroup first("first" + std::to_string(round));
    const Cgroup second("second" + std::to_string(round));
    {
      const Pod pod(node, 5);
      pod.bring_up();
      const Inhabitant process(pod.netns(), first);
      ASSERT_TRUE(comes_true([&] { return !node.counted().books().of(first).empty(); }));
    }
    const Pod pod(node, 5);
    pod.bring_up();
    const Traffic paid = node.counted().books().of(first);
    const Inhabitant process(pod.netns(), second);
    EXPECT_TRUE(comes_true([&] { return !node.counted().books().of(second).empty(); }));
    EXPECT_EQ(node.counted().books().of(first), paid) << "in round " << round;
  }
}

// Gives `next` the id as soon as nobody has it; tells whether that worked.
bool takes(const Netns& next, int id) {
  const auto is_free = [id] {
    const auto ids = netlink::list_nsids();
    return ids && std::ranges::find(*ids, id) == ids->end();
  };
  for (int i = 0; i < 1'000'000 && !is_free(); ++i) {
  }
  return netlink::find_or_assign_nsid(next.fd()) == id;
}

// The kernel gives the id of a netns that has gone to the next one at once. That one has a server
// on the same port already, and gets its id as soon as the first one's is free.
TEST(ForwardedOwnerChanges, ANetnsThatTakesTheIdOfAnotherOneHasNothingOfWhatStillComesForThat) {
  Node node;
  const Senders senders(node, "10.88.0.5");
  int taken = 0;
  for (int round = 0; round < 10; ++round) {
    const Cgroup first("first" + std::to_string(round));
    const Cgroup second("second" + std::to_string(round));
    const Netns next("next" + std::to_string(round));
    const auto server = second.socket(next, AF_INET, SOCK_DGRAM);
    bind_to(server, at("0.0.0.0", 9));
    int id = -1;
    {
      const Pod pod(node, 5);
      pod.bring_up();
      const Inhabitant process(pod.netns(), first);
      ASSERT_TRUE(comes_true([&] { return !node.counted().books().of(first).empty(); }));
      id = node.at(pod.v4())->nsid;
    }
    taken += inside(node.host(), [&] { return takes(next, id); }) ? 1 : 0;
    std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(node.counted().books().of(second).empty()) << "in round " << round;
  }
  if (taken == 0) GTEST_SKIP() << "the kernel gave the id to nobody of the next ones";
}

// The moment before the keeper hears that the id is another's.
TEST(ForwardedOwnerChanges, AServerInANetnsThatHasTheIdButNotTheInodeTakesNothing) {
  Node node;
  const Cgroup group("pod"), second("second");
  const Pod pod(node, 5);
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  const Netns next("next");
  const auto server = second.socket(next, AF_INET, SOCK_DGRAM);
  bind_to(server, at("0.0.0.0", 9));
  EndpointTable table;
  table.addresses = node.known().addresses;
  node.stop();
  Endpoint& endpoint = table.addresses.at(parse_address(pod.v4()));
  struct stat of_pod{}, of_next{};
  ASSERT_EQ(fstat(pod.netns().fd(), &of_pod), 0);
  ASSERT_EQ(fstat(next.fd(), &of_next), 0);
  EXPECT_EQ(endpoint.netns_inode, of_pod.st_ino);
  endpoint.nsid = inside(node.host(), [&] { return *netlink::find_or_assign_nsid(next.fd()); });
  auto maps = node.maps();
  const auto sender = node.wire().remote().socket(AF_INET, SOCK_DGRAM);
  const auto packets_of_second = [&] {
    EXPECT_TRUE(maps && maps->write(table));
    maps->keep(sys::now().boot);
    send_datagrams(sender, at(pod.v4(), 9), 20, 100);
    return node.counted().settle().books.of(second).rx_packets.value;
  };
  const auto of_pod_before = node.counted().books().of(group);
  EXPECT_EQ(packets_of_second(), 0U);
  EXPECT_EQ(node.counted().books().of(group), of_pod_before) << "the address may be another's now";
  EXPECT_EQ(node.counted().books().of(AccountKind::forwarded).rx_packets.value, 20U);
  endpoint.netns_inode = static_cast<std::uint32_t>(of_next.st_ino);
  EXPECT_EQ(packets_of_second(), 20U);
}

// As while a keeper that was killed starts again.
TEST(ForwardedOwnerChanges, WithoutAKeeperAPodThatHasGoneOwnsNothingOfTheNextOneAtItsAddress) {
  Node node;
  const Cgroup first("first"), second("second");
  std::optional<Pod> pod(std::in_place, node, 5);
  pod->bring_up();
  std::optional<Inhabitant> process(std::in_place, pod->netns(), first);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod->v4()) == first.id(); }));
  const auto sender = node.wire().remote().socket(AF_INET, SOCK_DGRAM);
  const auto received_by = [&](const auto& account) {
    const auto before = node.counted().settle().books.of(account);
    send_datagrams(sender, at(pod->v4(), kPort), 20, 100);
    return difference(before, node.counted().settle().books.of(account)).rx_packets.value;
  };
  EndpointTable table;
  table.addresses = node.known().addresses;
  node.stop();
  auto maps = node.maps();
  ASSERT_TRUE(maps && maps->write(table));
  maps->keep(sys::now().boot + Nanoseconds(1min));
  EXPECT_EQ(received_by(first), 20U) << "late, but the pod's as long as its netns lives";
  process.reset();
  pod.reset();
  pod.emplace(node, 5);  // waits until the other one's veth has gone
  pod->bring_up();
  const auto server = second.socket(pod->netns(), AF_INET, SOCK_DGRAM);
  bind_to(server, at(pod->v4(), kPort));
  EXPECT_EQ(received_by(first), 0U);
  // Where the kernel gave the id and the inode to the next one, its socket is found, and is right.
  const bool is_known = !node.counted().books().of(second).empty();
  EXPECT_EQ(is_known ? received_by(second) : received_by(AccountKind::forwarded), 20U);
}

TEST(ForwardedOwnerChanges, WhatNobodyKeepsRightIsNotBelieved) {
  Node node;
  const Cgroup group("pod");
  const Pod pod(node, 5);
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  const auto sender = node.wire().remote().socket(AF_INET, SOCK_DGRAM);
  const auto gain = [&] {
    const auto before = node.counted().settle().books;
    send_datagrams(sender, at(pod.v4(), 9), 20, 100);
    const auto after = node.counted().settle().books;
    return std::pair(difference(before.of(group), after.of(group)).rx_packets.value,
                     difference(before.of(AccountKind::forwarded), after.of(AccountKind::forwarded))
                         .rx_packets.value);
  };
  EXPECT_EQ(gain(), (std::pair<std::uint64_t, std::uint64_t>{20, 0}));
  EndpointTable table;
  table.addresses = node.known().addresses;
  node.stop();
  // As a killed keeper leaves them.
  auto maps = node.maps();
  ASSERT_TRUE(maps && maps->write(table));
  maps->keep(sys::now().boot - Nanoseconds(6s));
  EXPECT_EQ(gain(), (std::pair<std::uint64_t, std::uint64_t>{0, 20}));
  maps->keep(sys::now().boot);
  EXPECT_EQ(gain(), (std::pair<std::uint64_t, std::uint64_t>{20, 0}));
}

TEST(OriginFilters, OfAKilledKeeperAreReplacedAndThoseOfAKilledSessionRemoved) {
  std::optional<Node> node(std::in_place, HookChoice::clsact);
  const Pod pod(*node, 5);
  pod.bring_up();
  ASSERT_TRUE(comes_true([&] { return node->hooks() == 1; }));
  node->stop();
  EXPECT_EQ(node->hooks(), 0U);
  const int ifindex = node->host().ifindex(pod.device());
  const auto leave_one = [&] {
    auto left = inside(node->host(),
                       [&] { return node->counted().tally().origin_program()->attach(ifindex); });
    ASSERT_TRUE(left) << left.error().what;
    ASSERT_TRUE(left->keep(""));
  };
  leave_one();
  EXPECT_EQ(node->hooks(), 1U);
  EXPECT_EQ(
      inside(node->host(), [&] { return bpf::remove_orphaned_filters(ifindex); }).value_or(-1), 0)
      << "its process lives";
  node->watch();
  EXPECT_EQ(node->hooks(), 1U) << "not a second one";
  node->stop();
  leave_one();
  {
    const bpf::PacketPrograms ended = std::move(node->counted().tally());
  }
  EXPECT_EQ(
      inside(node->host(), [&] { return bpf::remove_orphaned_filters(ifindex); }).value_or(-1), 1);
  EXPECT_EQ(node->hooks(), 0U);
}

}  // namespace
}  // namespace cgtally::harness
