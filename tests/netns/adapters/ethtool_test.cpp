// SPDX-License-Identifier: Apache-2.0
// Drivers' statistics of real devices. A veth's name its peer and each of its queues.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "adapters/ethtool/statistics.h"
#include "harness/host/command.h"
#include "harness/host/netns.h"
#include "monitor/collectors/allowance_collector.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;
using harness::inside;

std::optional<std::uint64_t> value_of(const NamedStatistics& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &std::pair<std::string, std::uint64_t>::first);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

TEST(Ethtool, AVethTellsItsPeerAndItsQueuesByName) {
  const harness::Netns left("left");
  const harness::Netns right("right");
  left.ip("link add v0 type veth peer name w0 netns " + right.name());
  const auto found = inside(left, [&] { return ethtool::statistics(left.ifindex("v0")); });
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(value_of(*found, "peer_ifindex"), static_cast<std::uint64_t>(right.ifindex("w0")));
  EXPECT_TRUE(value_of(*found, "rx_queue_0_xdp_packets"));
  EXPECT_FALSE(value_of(*found, "rx_queue_1_xdp_packets"));
  EXPECT_FALSE(any_of_them(allowances_of(*found)));
}

TEST(Ethtool, WithMoreQueuesThereAreMoreNamesAndEachKeepsItsValue) {
  const harness::Netns netns("queues");
  netns.ip("link add v0 numrxqueues 4 numtxqueues 4 type veth peer name w0");
  const auto read = [&] { return ethtool::statistics(netns.ifindex("v0")).value(); };
  const auto many = inside(netns, read);
  inside(netns, [] { return harness::run({"ethtool", "-L", "v0", "rx", "1", "tx", "1"}); });
  const auto few = inside(netns, read);
  EXPECT_GT(many.size(), few.size());
  const auto peer = static_cast<std::uint64_t>(netns.ifindex("w0"));
  EXPECT_EQ(value_of(many, "peer_ifindex"), peer);
  EXPECT_EQ(value_of(few, "peer_ifindex"), peer);
}

TEST(Ethtool, ADriverWithoutStatisticsHasNoneAndAnInterfaceThatIsNotThereIsAnError) {
  const harness::Netns netns("none");
  const auto loopback = inside(netns, [&] { return ethtool::statistics(netns.ifindex("lo")); });
  ASSERT_TRUE(loopback) << loopback.error().what;
  EXPECT_TRUE(loopback->empty());
  const auto absent = inside(netns, [] { return ethtool::statistics(4711); });
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENXIO) << absent.error().what;
}

TEST(AllowanceCollector, LooksOnceASecondAndNamesWhoHasNoCounters) {
  const harness::Netns netns("watch");
  netns.ip("link add v0 type veth peer name w0");
  std::vector<std::string> said;
  monitor::Notices notices;
  notices.deliver_to([&said](const std::string& notice) { said.push_back(notice); });
  monitor::AllowanceCollector watch("", notices);
  int asked = 0;
  int looks = 0;
  const auto interfaces = [&] {
    ++asked;
    return std::vector<monitor::CountedInterface>{
        {.key = {1},
         .name = "v0@" + netns.name(),
         .netns_id = {.inode = netns.inode(), .cookie = 0},
         .netns = netns.name(),
         .ifindex = netns.ifindex("v0")}};
  };
  for (int tick = 0; tick < 30; ++tick) {
    Reading reading;
    reading.taken.boot = 100s + tick * 100ms;
    const auto look = watch.update(reading, interfaces);
    looks += look ? 1 : 0;
    EXPECT_TRUE(!look || look->steps.empty());
  }
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(watch.without(), std::vector<std::string>{"v0@" + netns.name()});
  EXPECT_TRUE(said.empty());
  EXPECT_FALSE(watch.allowances().has(AllowanceCounter::bw_out));
}

}  // namespace
}  // namespace cgtally
