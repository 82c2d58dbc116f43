// SPDX-License-Identifier: Apache-2.0
// Netlink adapters on network namespaces of the test's own: what they list is what was
// made, and what was made elsewhere is not listed. Needs root.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "adapters/netlink/addresses.h"
#include "adapters/netlink/default_route.h"
#include "adapters/netlink/links.h"
#include "adapters/netlink/qdisc.h"
#include "adapters/netlink/socket.h"
#include "adapters/netlink/watcher.h"
#include "harness/host/command.h"
#include "harness/host/hooks.h"
#include "harness/host/netns.h"

namespace cgtally {
namespace {

using harness::inside;

std::vector<Interface> links_of(const harness::Netns& netns) {
  auto links = inside(netns, [] { return netlink::list_links(); });
  EXPECT_TRUE(links) << links.error().what;
  return links.value_or(std::vector<Interface>{});
}

const Interface* find(const std::vector<Interface>& links, const std::string& name) {
  const auto found = std::ranges::find(links, name, &Interface::name);
  return found == links.end() ? nullptr : &*found;
}

TEST(ListLinks, ShowsTheEnteredNetnsAndNoOther) {
  const harness::Netns left("left");
  const harness::Netns right("right");
  left.ip("link add v0 type veth peer name w0 netns " + right.name() +
          "\nlink set v0 up\nlink add br0 type bridge");
  const auto links = links_of(left);
  EXPECT_EQ(links.size(), 3U);
  const Interface* veth = find(links, "v0");
  ASSERT_NE(veth, nullptr);
  EXPECT_EQ(veth->kind, "veth");
  EXPECT_EQ(veth->ifindex, left.ifindex("v0"));
  EXPECT_EQ(veth->netns_id.inode, left.inode());
  EXPECT_TRUE(veth->up);
  EXPECT_TRUE(veth->ethernet);
  EXPECT_EQ(find(links, "w0"), nullptr);
  ASSERT_NE(find(links, "br0"), nullptr);
  EXPECT_FALSE(find(links, "br0")->up);
  EXPECT_NE(find(links_of(right), "w0"), nullptr);
}

TEST(ListLinks, NoVirtualDeviceIsAnUplink) {
  const harness::Netns netns("virt");
  netns.ip(
      "link add v0 type veth peer name v1\nlink add br0 type bridge\nlink add ifb7 type ifb\n"
      "tuntap add dev tap0 mode tap\ntuntap add dev tun0 mode tun");
  const auto links = links_of(netns);
  EXPECT_EQ(links.size(), 7U);
  for (const Interface& link : links)
    EXPECT_FALSE(link.uplink()) << link.name << " " << link.driver;
  EXPECT_EQ(find(links, "tap0")->kind, "tun");
  EXPECT_TRUE(find(links, "tap0")->ethernet);
  EXPECT_FALSE(find(links, "tun0")->ethernet);
}

TEST(ListLinks, TheUplinksAreTheDevicesOnABusWithTheirEthtoolDriver) {
  const auto links = netlink::list_links();
  ASSERT_TRUE(links) << links.error().what;
  for (const Interface& link : *links) {
    const bool on_bus = std::filesystem::exists("/sys/class/net/" + link.name + "/device");
    EXPECT_EQ(link.uplink(), on_bus) << link.name;
    if (!on_bus) continue;
    const std::string told = harness::run({"ethtool", "-i", link.name});
    EXPECT_TRUE(told.starts_with("driver: " + link.driver + "\n")) << told;
  }
}

// 500 veth pairs are a reply of 1 MB in many parts.
TEST(ListLinks, AListTakenWhileLinksComeAndGoIsWholeAndWithoutRepetition) {
  const harness::Netns netns("churn");
  std::string lines;
  std::set<std::string> stable;
  for (int i = 0; i < 500; ++i) {
    const auto a = "a" + std::to_string(i);
    const auto b = "b" + std::to_string(i);
    lines += "link add " + a + " type veth peer name " + b + "\n";
    stable.insert({a, b});
  }
  netns.ip(lines);
  std::atomic<bool> stop = false;
  std::jthread churn([&] {
    while (!stop) {
      netns.ip("link add x0 type veth peer name x1\nlink del x0");
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  int lists = 0;
  for (int i = 0; i < 20 && !HasFailure(); ++i) {
    const auto links = inside(netns, [] { return netlink::list_links(); });
    if (!links) {  // a machine under load can be too slow for this churn, and has to say so
      EXPECT_EQ(links.error().code, EAGAIN) << links.error().what;
      continue;
    }
    ++lists;
    std::multiset<std::string> names;
    for (const Interface& link : *links) names.insert(link.name);
    for (const auto& name : stable) EXPECT_EQ(names.count(name), 1U) << name;
  }
  EXPECT_GT(lists, 0);
  stop = true;
}

TEST(Dump, TheKernelsOwnWordsReachTheError) {
  auto socket = netlink::Socket::open();
  ASSERT_TRUE(socket);
  netlink::Request request(RTM_GETLINK, ifinfomsg{});
  request.with(IFLA_TARGET_NETNSID, 77);
  const auto none = socket->dump<int>("list links there", request,
                                      [](nlmsghdr&) { return std::optional<int>(1); });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, EINVAL);
  EXPECT_EQ(none.error().what,
            "list links there (Invalid target network namespace id): Invalid argument");
}

TEST(Dump, ARequestThatTheKernelDoesNotKnowIsAnError) {
  auto socket = netlink::Socket::open();
  ASSERT_TRUE(socket);
  const auto none = socket->dump<int>("ask", netlink::Request(RTM_MAX + 1, rtgenmsg{}),
                                      [](nlmsghdr&) { return std::optional<int>(1); });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, EOPNOTSUPP) << none.error().what;
}

TEST(DefaultRoute, TheLowestMetricWinsAndIpv4ComesFirst) {
  const harness::Netns netns("route");
  const auto device = [&] { return inside(netns, [] { return netlink::default_route_device(); }); };
  ASSERT_FALSE(device());
  EXPECT_EQ(device().error().what, "there is no default route");
  EXPECT_NE(device().error().hint, "");

  netns.ip(
      "link add v0 type veth peer name v1\nlink add u0 type veth peer name u1\n"
      "link set v0 up\nlink set v1 up\nlink set u0 up\nlink set u1 up\n"
      "addr add 10.1.0.1/24 dev v0\naddr add 10.2.0.1/24 dev u0\naddr add fd00:1::1/64 dev v1 "
      "nodad\n"
      "route add unreachable default metric 1\nroute add default via 10.2.0.2 dev u0 table 77\n"
      "route add default via fd00:1::2 dev v1");
  EXPECT_EQ(device(), "v1") << "only IPv6 has a way out";
  netns.ip("route add default via 10.1.0.2 dev v0 metric 200");
  EXPECT_EQ(device(), "v0");
  netns.ip("route add default via 10.2.0.2 dev u0 metric 100");
  EXPECT_EQ(device(), "u0");
  netns.ip("route add default metric 50 nexthop via 10.1.0.2 dev v0 nexthop via 10.2.0.2 dev u0");
  EXPECT_EQ(device(), "v0") << "the first of several next hops";
}

IpAddress address(const std::string& text) {
  IpAddress result;
  const std::string full = text.contains(':') ? text : "::ffff:" + text;
  EXPECT_EQ(inet_pton(AF_INET6, full.c_str(), result.bytes.data()), 1) << text;
  return result;
}

TEST(ListAddresses, AreTheUnicastOnesAndTheSubnetBroadcasts) {
  const harness::Netns netns("addr");
  netns.ip(
      "link add v0 type veth peer name v1\nlink set v0 addrgenmode none\n"
      "link set v1 addrgenmode none\nlink set v0 up\nlink set v1 up\n"
      "addr add 10.1.0.1/24 dev v0\naddr add 10.1.0.7/24 dev v0\n"
      "addr add 10.2.0.1/24 broadcast 10.2.0.128 dev v0\naddr add 10.3.0.0/31 dev v0\n"
      "addr add 10.4.0.1/32 dev v0\naddr add 10.5.0.1 peer 10.6.0.1 dev v0\n"
      "addr add fd00:1::1/64 dev v1\naddr add fd00:2::1 peer fd00:3::1 dev v1\n"
      "addr add 10.1.0.1/24 dev v1");
  std::vector<IpAddress> expected;
  for (const char* text :
       {"127.0.0.1", "127.255.255.255", "::1", "10.1.0.1", "10.1.0.7", "10.1.0.255", "10.2.0.1",
        "10.2.0.128", "10.2.0.255", "10.3.0.0", "10.4.0.1", "10.5.0.1", "fd00:1::1", "fd00:2::1"}) {
    expected.push_back(address(text));
  }
  std::ranges::sort(expected);
  const auto addresses = inside(netns, [] { return netlink::list_addresses(); });
  ASSERT_TRUE(addresses) << addresses.error().what;
  EXPECT_EQ(*addresses, expected);
}

TEST(Watcher, TellsWhatHasChangedFromWhereverItIsAsked) {
  const harness::Netns netns("watch");
  auto watcher = inside(netns, [] { return netlink::Watcher::open(); });
  ASSERT_TRUE(watcher) << watcher.error().what;
  const auto take = [&] {
    const auto changes = watcher->read_changes();
    return std::pair(changes.links, changes.addresses);
  };
  const harness::Netns other("other");
  other.ip("link add v0 type veth peer name v1\naddr add 10.1.0.1/24 dev v0");
  EXPECT_EQ(take(), std::pair(false, false)) << "that was elsewhere";
  netns.ip("addr add 10.1.0.1/32 dev lo");
  pollfd ready{.fd = watcher->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ready, 1, 1000), 1);
  EXPECT_EQ(take(), std::pair(false, true));
  EXPECT_EQ(take(), std::pair(false, false));
  netns.ip("addr add fd00:1::1/128 dev lo");
  EXPECT_EQ(take(), std::pair(false, true));
  // From here on the kernel may tell of a carrier at any time.
  netns.ip("link add v0 type veth peer name v1");
  EXPECT_EQ(take(), std::pair(true, false));
  netns.ip("addr add 10.2.0.1/24 dev v0");
  EXPECT_TRUE(take().second);
  netns.ip("link del v0");
  EXPECT_EQ(take(), std::pair(true, true)) << "the address went with it";
}

TEST(Watcher, TellsOfFiltersAndOfTheQdiscThatIsTakenFromUnderThem) {
  const harness::Netns netns("watchtc");
  netns.ip("link add v0 type veth peer name v1");
  const harness::ForeignProgram program(harness::ForeignProgram::kNext, "other");
  auto watcher = inside(netns, [] { return netlink::Watcher::open(); });
  ASSERT_TRUE(watcher) << watcher.error().what;
  const auto filters_after = [&](const std::vector<std::string>& words) {
    std::vector<std::string> argv = {"tc", "-n", netns.name()};
    argv.insert(argv.end(), words.begin(), words.end());
    harness::run(argv);
    return watcher->read_changes().filters;
  };
  EXPECT_FALSE(watcher->read_changes().filters);
  EXPECT_TRUE(filters_after({"qdisc", "add", "dev", "v0", "clsact"}));
  EXPECT_FALSE(filters_after({"qdisc", "show", "dev", "v0"})) << "who only looks changes nothing";
  program.attach_filter(netns, "v0", harness::HookDirection::egress, 7, 1);
  EXPECT_TRUE(watcher->read_changes().filters);
  EXPECT_TRUE(filters_after({"filter", "del", "dev", "v0", "egress", "pref", "7"}));
  EXPECT_TRUE(filters_after({"qdisc", "del", "dev", "v0", "clsact"}));
}

TEST(Watcher, AfterAnOverrunEverythingMayHaveChanged) {
  const harness::Netns netns("flood");
  auto watcher = inside(netns, [] { return netlink::Watcher::open(); });
  ASSERT_TRUE(watcher) << watcher.error().what;
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "link set lo alias " + std::to_string(i) + "\n";
  netns.ip(lines);
  const auto overrun = watcher->read_changes();
  EXPECT_TRUE(overrun.links);
  EXPECT_TRUE(overrun.addresses) << "no address has changed, but one may have";
  EXPECT_TRUE(overrun.filters);
  (void)watcher->read_changes();  // what was still queued
  const auto quiet = watcher->read_changes();
  EXPECT_FALSE(quiet.links || quiet.addresses || quiet.filters);
}

class Sender {
 public:
  explicit Sender(const harness::Netns& netns) : socket_(netns.socket(AF_INET, SOCK_DGRAM)) {
    const sockaddr_in to{.sin_family = AF_INET,
                         .sin_port = htons(9),
                         .sin_addr = {.s_addr = inet_addr("10.1.0.2")},
                         .sin_zero = {}};
    harness::require(
        connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0, "connect");
  }
  void send(int count, std::size_t payload) const {
    const std::string data(payload, 'x');
    for (int i = 0; i < count; ++i) (void)::send(socket_.get(), data.data(), data.size(), 0);
  }

 private:
  sys::Fd socket_;
};

TEST(RootQdisc, SentBacklogAndDropsAreAllThatWasSentIn) {
  const harness::Netns netns("qdisc");
  netns.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
  netns.ip(
      "link add v0 type veth peer name v1\nlink set v1 up\nlink set v0 up arp off\n"
      "addr add 10.1.0.1/24 dev v0");
  harness::run({"tc", "-n", netns.name(), "qdisc", "add", "dev", "v0", "root", "handle",
                "1:", "tbf", "rate", "8kbit", "burst", "2000", "limit", "3000"});
  // One of the device's other qdiscs must not be taken for the root.
  harness::run({"tc", "-n", netns.name(), "qdisc", "add", "dev", "v0", "parent", "1:1", "pfifo",
                "limit", "6"});
  harness::run({"tc", "-n", netns.name(), "qdisc", "add", "dev", "v0", "clsact"});
  constexpr int kPackets = 40;
  constexpr std::size_t kPayload = 458;  // a frame of 500 bytes
  Sender(netns).send(kPackets, kPayload);

  const int ifindex = netns.ifindex("v0");
  const auto stats = inside(netns, [&] { return netlink::root_qdisc(ifindex); });
  ASSERT_TRUE(stats) << stats.error().what;
  EXPECT_EQ(stats->kind, "tbf");
  EXPECT_GT(stats->sent_packets.value, 0U);
  EXPECT_GT(stats->backlog_packets.value, 0U);
  EXPECT_GT(stats->drops.value, 0U);
  EXPECT_EQ((stats->sent_packets + stats->backlog_packets + stats->drops).value, kPackets);
  EXPECT_EQ(stats->sent_bytes.value, stats->sent_packets.value * 500);
  EXPECT_EQ(stats->backlog_bytes.value, stats->backlog_packets.value * 500);
}

TEST(RootQdisc, AnInterfaceThatIsDownHasNone) {
  const harness::Netns netns("noq");
  netns.ip("link add v0 type veth peer name v1");
  const int ifindex = netns.ifindex("v0");
  const auto stats = inside(netns, [&] { return netlink::root_qdisc(ifindex); });
  ASSERT_TRUE(stats) << stats.error().what;
  EXPECT_EQ(stats->kind, "");
}

}  // namespace
}  // namespace cgtally
