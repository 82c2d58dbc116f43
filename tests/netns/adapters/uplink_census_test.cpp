// SPDX-License-Identifier: Apache-2.0
// Uplinks in other network namespaces, as ECS puts an ENI into a task's: veths that the test made
// stand for them, since a virtual machine's own devices cannot be moved. Needs root.
#include "monitor/collectors/uplink_census.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/host/netns.h"

namespace cgtally::monitor {
namespace {

TEST(UplinkCensusOfAHost, FindsTheDevicesOfEachNetnsThatCanBeEntered) {
  const harness::Netns task("enitask");
  const harness::Netns other("eniother");
  task.ip("link add eni-a type veth peer name peer-a\nlink add eni-b type veth peer name peer-b");
  const UplinkCensus census =
      find_uplinks("", [](const Interface& link) { return link.name.starts_with("eni-"); });
  const auto found = std::ranges::find(census.found, task.name(), &NetnsUplinks::netns);
  ASSERT_NE(found, census.found.end());
  std::vector<std::string> names = found->names;
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"eni-a", "eni-b"}));
  EXPECT_EQ(std::ranges::find(census.found, other.name(), &NetnsUplinks::netns),
            census.found.end());
  const InterfaceChoice choice = charging_all({}, census);
  EXPECT_NE(std::ranges::find(choice.netns, task.name()), choice.netns.end());
  // A veth is no uplink, so none of these would be charged by `credits`.
  const UplinkCensus real = find_uplinks("", &Interface::uplink);
  EXPECT_EQ(std::ranges::find(real.found, task.name(), &NetnsUplinks::netns), real.found.end());
}

}  // namespace
}  // namespace cgtally::monitor
