// SPDX-License-Identifier: Apache-2.0
// Netlink and netns adapters without privileges, in the netns in which the test was started.
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "adapters/netlink/addresses.h"
#include "adapters/netlink/links.h"
#include "adapters/netlink/socket.h"
#include "adapters/netns/netns.h"

namespace cgtally {
namespace {

TEST(ListLinks, LoopbackIsThereAndIsNoUplink) {
  const auto links = netlink::list_links();
  ASSERT_TRUE(links) << links.error().what;
  const auto loopback = std::ranges::find(*links, "lo", &Interface::name);
  ASSERT_NE(loopback, links->end());
  EXPECT_TRUE(loopback->loopback);
  EXPECT_TRUE(loopback->ethernet);
  EXPECT_FALSE(loopback->uplink());
  EXPECT_EQ(loopback->ifindex, static_cast<int>(if_nametoindex("lo")));
}

TEST(NetlinkRequest, ThatHasNoRoomInAMessageIsAnErrorInWords) {
  auto socket = netlink::Socket::open();
  ASSERT_TRUE(socket) << socket.error().what;
  for (const std::size_t length : {20'000UZ, 100'000UZ}) {
    netlink::Request request(RTM_GETLINK, ifinfomsg{}, NLM_F_ACK);
    request.with_nested(IFLA_LINKINFO, [&](netlink::Request& inside) {
      inside.with(IFLA_IFNAME, std::string(length, 'x')).with(IFLA_LINK, 1U);
    });
    EXPECT_FALSE(request.complete());
    const auto changed = socket->change("rename it", request);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().what, "rename it: Cannot allocate memory");
  }
}

TEST(Netns, TheCurrentOneIsThatOfTheThread) {
  struct stat status{};
  ASSERT_EQ(stat("/proc/thread-self/ns/net", &status), 0);
  const auto here = netns::Netns::current();
  ASSERT_TRUE(here);
  EXPECT_EQ(here->inode(), status.st_ino);
  EXPECT_EQ(here->name(), "");
}

TEST(Netns, TheOwnPidAndItsPathNameTheSameOne) {
  const auto here = netns::Netns::current();
  const auto by_pid = netns::Netns::open(std::to_string(getpid()), "");
  ASSERT_TRUE(by_pid) << by_pid.error().what;
  EXPECT_EQ(by_pid->inode(), here->inode());
  const auto by_path = netns::Netns::open("/proc/self/ns/net", "");
  ASSERT_TRUE(by_path) << by_path.error().what;
  EXPECT_EQ(by_path->inode(), here->inode());
}

TEST(Netns, WithoutAProcBelowTheHostRootTheOwnIsAsked) {
  const auto by_pid = netns::Netns::open(std::to_string(getpid()), "/nowhere");
  ASSERT_TRUE(by_pid) << by_pid.error().what;
}

TEST(Netns, WhatIsNotThereIsAWrongUseWithACure) {
  for (const char* wanted : {"cgt-no-such-name", "4194305", "/no/such/path", "", "..", "."}) {
    const auto none = netns::Netns::open(wanted, "");
    ASSERT_FALSE(none) << wanted;
    EXPECT_EQ(none.error().failure, Failure::usage) << wanted;
    EXPECT_NE(none.error().hint, "") << wanted;
  }
}

TEST(Netns, AnotherKindOfNamespaceAndAPlainFileAreRefused) {
  for (const char* wanted : {"/proc/self/ns/mnt", "/proc/self/status", "/"}) {
    const auto none = netns::Netns::open(wanted, "");
    ASSERT_FALSE(none) << wanted;
    EXPECT_EQ(none.error().what, std::string(wanted) + " is not a network namespace");
    EXPECT_EQ(none.error().failure, Failure::usage);
  }
}

// An empty file: the name of a netns whose mount did not reach the container.
TEST(Netns, ANameWithoutItsMountIsRefused) {
  const std::filesystem::path root = testing::TempDir() + "cgt-root-" + std::to_string(getpid());
  std::filesystem::create_directories(root / "run/netns");
  std::ofstream(root / "run/netns/blue").close();
  const auto none = netns::Netns::open("blue", root);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().what, (root / "run/netns/blue").string() + " is not a network namespace");
  std::filesystem::remove_all(root);
}

TEST(Netns, ToEnterTheCurrentOneNeedsNothing) {
  const auto here = netns::Netns::current();
  ASSERT_TRUE(here);
  EXPECT_TRUE(netns::Entered::enter(*here));
}

}  // namespace
}  // namespace cgtally
