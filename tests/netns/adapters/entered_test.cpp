// SPDX-License-Identifier: Apache-2.0
// Network namespaces of the test's own: all the ways to name one, entering one and returning, and
// what a visitor without privileges is told. Needs root.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "adapters/netlink/links.h"
#include "adapters/netlink/watcher.h"
#include "adapters/netns/netns.h"
#include "harness/host/command.h"
#include "harness/host/netns.h"

namespace cgtally {
namespace {

using harness::inside;

netns::Netns opened(const harness::Netns& netns) {
  auto result = netns::Netns::open(netns.name(), "");
  harness::require(result.has_value(), netns.name());
  return *std::move(result);
}

TEST(Netns, NamePidAndPathLeadToTheSame) {
  const harness::Netns netns("names");
  const pid_t child = inside(netns, [] {
    const pid_t forked = fork();
    if (forked == 0) {  // never leaves the lambda: that would leave the netns
      pause();
      _exit(0);
    }
    return forked;
  });
  for (const std::string& wanted : {netns.name(), std::to_string(child), netns.path(),
                                    std::string("/run/../") + netns.path()}) {
    const auto found = netns::Netns::open(wanted, "");
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->inode(), netns.inode()) << wanted;
    EXPECT_EQ(found->name(), wanted);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(Netns, NamesAreReadBelowTheHostRoot) {
  const harness::Netns netns("host");
  const std::filesystem::path root = testing::TempDir() + "cgt-root-" + std::to_string(getpid());
  std::filesystem::create_directories(root / "run");
  std::filesystem::create_symlink("/run/netns", root / "run/netns");
  const auto found = netns::Netns::open(netns.name(), root);
  EXPECT_TRUE(found) << found.error().what;
  std::filesystem::remove_all(root);
  EXPECT_FALSE(netns::Netns::open(netns.name(), root));
}

TEST(Entered, TheWayBackLeadsWhereItCameFrom) {
  const harness::Netns outer("outer");
  const harness::Netns inner("inner");
  const auto here = [] { return netns::Netns::current()->inode(); };
  const auto start = here();
  {
    const auto first = netns::Entered::enter(opened(outer));
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(here(), outer.inode());
    {
      auto second = netns::Entered::enter(opened(inner));
      ASSERT_TRUE(second);
      const auto moved = *std::move(second);
      EXPECT_EQ(here(), inner.inode());
    }
    EXPECT_EQ(here(), outer.inode());
  }
  EXPECT_EQ(here(), start);
}

TEST(Entered, OnlyTheCallingThreadGoes) {
  const harness::Netns netns("thread");
  const auto entered = netns::Entered::enter(opened(netns));
  ASSERT_TRUE(entered);
  const auto main_thread = netns::Netns::open("/proc/" + std::to_string(getpid()) + "/ns/net", "");
  EXPECT_EQ(main_thread->inode(), netns.inode());
  std::uint64_t elsewhere = 0;
  const harness::Netns other("elsewhere");
  std::jthread([&] {
    const auto visit = netns::Entered::enter(opened(other));
    elsewhere = netns::Netns::current()->inode();
  }).join();
  EXPECT_EQ(elsewhere, other.inode());
  EXPECT_EQ(netns::Netns::current()->inode(), netns.inode());
}

void drop_capabilities_of_this_thread() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> none{};
  harness::require(syscall(SYS_capset, &header, none.data()) == 0, "capset");
}

TEST(Entered, WithoutPrivilegesTheCureIsToldAndTheCurrentOneStillWorks) {
  const harness::Netns netns("caps");
  const auto there = opened(netns);
  std::jthread([&] {
    drop_capabilities_of_this_thread();
    EXPECT_TRUE(netns::Entered::enter(*netns::Netns::current()));
    EXPECT_TRUE(netlink::list_links());
    EXPECT_TRUE(netlink::Watcher::open());
    const auto denied = netns::Entered::enter(there);
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().code, EPERM);
    EXPECT_EQ(denied.error().failure, Failure::unsupported);
    EXPECT_NE(denied.error().hint.find("CAP_SYS_ADMIN"), std::string::npos);
  }).join();
}

}  // namespace
}  // namespace cgtally
