// SPDX-License-Identifier: Apache-2.0
// All of the instance is charged: from the uplinks that were found to what is counted.
#include "monitor/collectors/uplink_census.h"

#include <gtest/gtest.h>

namespace cgtally::monitor {
namespace {

using Names = std::vector<std::string>;

UplinkCensus two_enis() {
  return {.found = {{.netns = "", .names = {"ens5"}}, {.netns = "task", .names = {"eth1"}}},
          .not_entered = {}};
}

TEST(UplinkCensus, AnEniInATaskIsCountedBesideTheOwn) {
  const InterfaceChoice choice = charging_all({}, two_enis());
  EXPECT_EQ(choice.netns, (Names{"/proc/self/ns/net", "task"}));
  EXPECT_EQ(choice.interfaces, Names{}) << "every uplink";
}

TEST(UplinkCensus, WhatIsShownIsNarrowedAndWhatIsChargedIsNot) {
  const InterfaceChoice choice =
      charging_all({.interfaces = {"ens5"}, .netns = {}, .host_root = ""}, two_enis());
  EXPECT_EQ(choice.interfaces, (Names{"ens5", "eth1"}));
  EXPECT_EQ(choice.netns.size(), 2U);
}

TEST(UplinkCensus, ChangesNothingWhereAllUplinksAreHereOrTheUserChoseTheNetns) {
  const UplinkCensus here{.found = {{.netns = "", .names = {"ens5"}}}, .not_entered = {}};
  EXPECT_TRUE(charging_all({}, here).netns.empty());
  EXPECT_TRUE(charging_all({}, {}).netns.empty());
  EXPECT_EQ(charging_all({.interfaces = {}, .netns = {"web"}, .host_root = ""}, two_enis()).netns,
            Names{"web"});
}

TEST(UplinkCensus, AnOwnNetnsWithoutAnUplinkIsLeftOut) {
  const UplinkCensus there{.found = {{.netns = "task", .names = {"eth1"}}}, .not_entered = {}};
  EXPECT_EQ(charging_all({}, there).netns, Names{"task"});
}

TEST(UplinkCensus, SaysWhatIsChargedAsWellAndWhatIsNot) {
  UplinkCensus census = two_enis();
  census.not_entered = {"4711"};
  EXPECT_EQ(census_notes(census),
            (Names{"eth1 in netns task is an uplink of this instance, too: charged as well",
                   "netns 4711 cannot be entered: an uplink there is not charged"}));
  EXPECT_TRUE(census_notes({}).empty());
}

}  // namespace
}  // namespace cgtally::monitor
