// SPDX-License-Identifier: Apache-2.0
// What the netlink adapters tell of other network namespaces, by their ids: devices, addresses, and
// news of both. Needs root.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "adapters/netlink/peers/netns_news.h"
#include "adapters/netlink/peers/peers.h"
#include "adapters/netns/process_census.h"
#include "adapters/sys/clock.h"
#include "harness/host/command.h"
#include "harness/host/netns.h"

namespace cgtally {
namespace {

using harness::inside;
using harness::Netns;

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result) << result.error().what;
  return result.value_or(T{});
}

const LinkedDevice* find(const std::vector<LinkedDevice>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &LinkedDevice::name);
  return found == all.end() ? nullptr : &*found;
}

TEST(Peers, AVethShowsItsPeerAndTheIdOfItsNetns) {
  const Netns host("host");
  const Netns pod("pod");
  host.ip("link add h0 type veth peer name eth0 netns " + pod.name());
  const auto links = inside(host, [] { return must(netlink::list_linked_devices()); });
  const LinkedDevice* veth = find(links, "h0");
  ASSERT_NE(veth, nullptr);
  EXPECT_EQ(veth->kind, "veth");
  EXPECT_EQ(veth->link, pod.ifindex("eth0"));
  const auto nsid = inside(host, [&] { return must(netlink::find_nsid(pod.fd())); });
  ASSERT_TRUE(nsid);
  EXPECT_EQ(veth->link_nsid, nsid);
  EXPECT_EQ(inside(host, [] { return must(netlink::list_nsids()); }), std::vector{*nsid});
}

TEST(Peers, DevicesAndAddressesOfAnotherNetnsAreItsOwn) {
  const Netns host("host");
  const Netns pod("pod");
  host.ip("link add h0 type veth peer name eth0 netns " + pod.name() +
          "\naddr add 10.9.0.1/24 dev h0");
  pod.ip("addr add 10.9.0.2/24 dev eth0\naddr add fd00::2/64 dev eth0 nodad");
  const int nsid = inside(host, [&] { return must(netlink::find_or_assign_nsid(pod.fd())); });
  const auto links = inside(host, [&] { return must(netlink::list_linked_devices(nsid)); });
  const LinkedDevice* eth0 = find(links, "eth0");
  ASSERT_NE(eth0, nullptr);
  EXPECT_EQ(eth0->link, host.ifindex("h0"));
  const int self = inside(host, [&] { return must(netlink::find_or_assign_nsid(host.fd())); });
  EXPECT_EQ(eth0->link_nsid, self) << "named by its id in the netns that asks";
  const auto addresses = inside(host, [&] { return must(netlink::list_device_addresses(nsid)); });
  EXPECT_EQ(std::ranges::count(addresses, pod.ifindex("eth0"), &DeviceAddress::ifindex), 2)
      << "IPv4 and IPv6";
  IpAddress v4;
  v4.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 2};
  EXPECT_NE(std::ranges::find(addresses, v4, &DeviceAddress::address), addresses.end());
}

TEST(Peers, AnUnknownIdIsAnErrorAndNotTheOwnNetns) {
  const Netns host("host");
  const auto links = inside(host, [] { return netlink::list_linked_devices(77); });
  EXPECT_FALSE(links);
  const auto addresses = inside(host, [] { return netlink::list_device_addresses(77); });
  EXPECT_FALSE(addresses);
}

TEST(Peers, ANetnsWithoutAnIdGetsOne) {
  const Netns host("host");
  const Netns other("other");
  EXPECT_EQ(inside(host, [&] { return must(netlink::find_nsid(other.fd())); }), std::nullopt);
  const int nsid = inside(host, [&] { return must(netlink::find_or_assign_nsid(other.fd())); });
  EXPECT_EQ(inside(host, [&] { return must(netlink::find_nsid(other.fd())); }), nsid);
}

class News {
 public:
  explicit News(const Netns& netns)
      : news_(inside(netns, [] { return netlink::NetnsNews::open(); })) {
    EXPECT_TRUE(news_) << news_.error().what;
  }

  // What comes within two seconds until `wanted` has come.
  template <typename Wanted>
  bool comes(Wanted wanted) {
    for (int tries = 0; tries < 200; ++tries) {
      for (auto& event : news_->read(100)) all_.push_back(event);
      if (std::ranges::any_of(all_, wanted)) return true;
      pollfd ready{.fd = news_->fd(), .events = POLLIN, .revents = 0};
      (void)poll(&ready, 1, 10);
    }
    return false;
  }
  [[nodiscard]] const std::vector<netlink::NetnsEvent>& all() const { return all_; }

 private:
  Result<netlink::NetnsNews> news_;
  std::vector<netlink::NetnsEvent> all_;
};

using netlink::NetnsEvent;

TEST(Peers, NewsTellTheAddressesOfOtherNetnsAndTheirEnd) {
  const Netns host("host");
  News news(host);
  std::optional<Netns> pod("pod");
  host.ip("link add h0 type veth peer name eth0 netns " + pod->name());
  const int nsid = inside(host, [&] { return must(netlink::find_or_assign_nsid(pod->fd())); });
  const int ifindex = pod->ifindex("eth0");
  pod->ip("addr add 10.9.0.2/24 dev eth0");
  EXPECT_TRUE(news.comes([&](const NetnsEvent& event) {
    const auto* address = std::get_if<NetnsEvent::Address>(&event.what);
    return address && !address->removed && event.nsid == nsid &&
           address->address.ifindex == ifindex;
  }));
  pod->ip("addr del 10.9.0.2/24 dev eth0");
  EXPECT_TRUE(news.comes([&](const NetnsEvent& event) {
    const auto* address = std::get_if<NetnsEvent::Address>(&event.what);
    return address && address->removed && event.nsid == nsid;
  }));
  pod.reset();
  EXPECT_TRUE(news.comes([&](const NetnsEvent& event) {
    const auto* link = std::get_if<NetnsEvent::Link>(&event.what);
    return link && link->removed && !event.nsid && link->device.name == "h0";
  }));
  EXPECT_TRUE(news.comes([&](const NetnsEvent& event) {
    const auto* id = std::get_if<NetnsEvent::Id>(&event.what);
    return id && id->removed && id->nsid == nsid;
  }));
}

TEST(ProcessCensus, FindsTheProcessesOfANetnsAsTheyComeAndGo) {
  const Netns pod("pod");
  netns::ProcessCensus census("");
  const auto look = [&](bool all) {
    census.begin(all, sys::now().boot, {});
    while (!census.step(7)) {
    }
    return census.namespaces().contains(pod.inode());
  };
  EXPECT_FALSE(look(true));
  {
    harness::Running sleeper({"nsenter", "--net=" + pod.path(), "sleep", "60"});
    EXPECT_TRUE([&] {
      for (int tries = 0; tries < 200; ++tries, usleep(10'000)) {
        if (look(false)) return true;
      }
      return false;
    }()) << "without asking those that were known";
    EXPECT_FALSE(census.namespaces().at(pod.inode()).cgroups.empty());
  }
  EXPECT_FALSE(look(false));
}

}  // namespace
}  // namespace cgtally
