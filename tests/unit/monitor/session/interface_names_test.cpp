// SPDX-License-Identifier: Apache-2.0
// The one rule for naming interfaces of several netns.
#include "monitor/session/interface_names.h"

#include <gtest/gtest.h>

namespace cgtally::monitor {
namespace {

using Interfaces = std::vector<InterfaceInNetns>;

const InterfaceInNetns kOwn{.key = {1}, .name = "eth0", .netns_inode = 100, .netns = {}};
const InterfaceInNetns kWeb{.key = {2}, .name = "eth0", .netns_inode = 200, .netns = "web"};
const InterfaceInNetns kDatabase{.key = {3}, .name = "eth0", .netns_inode = 300, .netns = "db"};

TEST(InterfaceNames, AnInterfaceThatIsAloneWithItsNameHasThePlainName) {
  InterfaceNames names;
  names.add(Interfaces{kWeb, {.key = {4}, .name = "eth1", .netns_inode = 300, .netns = "db"}});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0");
  EXPECT_EQ(names.name_of({4}), "eth1");
}

TEST(InterfaceNames, InterfacesOfOneNameInSeveralNetnsAreToldApartByTheNetns) {
  InterfaceNames names;
  names.add(Interfaces{kWeb, kDatabase});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0@web");
  EXPECT_EQ(names.name_of(kDatabase.key), "eth0@db");
}

TEST(InterfaceNames, TheNetnsThatCgtallyRunsInNeedsNoName) {
  InterfaceNames names;
  names.add(Interfaces{kOwn, kWeb});
  EXPECT_EQ(names.name_of(kOwn.key), "eth0");
  EXPECT_EQ(names.name_of(kWeb.key), "eth0@web");
}

TEST(InterfaceNames, AnInterfaceThatCameAgainInTheSameNetnsIsNoOther) {
  InterfaceNames names;
  InterfaceInNetns again = kWeb;
  again.key = {5};
  names.add(Interfaces{kWeb, again});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0");
  EXPECT_EQ(names.name_of(again.key), "eth0");
}

TEST(InterfaceNames, ANameStaysWhateverComesLater) {
  InterfaceNames names;
  names.add(Interfaces{kWeb});
  names.add(Interfaces{kWeb, kDatabase});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0");
  EXPECT_EQ(names.name_of(kDatabase.key), "eth0@db");
  names.add(Interfaces{kDatabase});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0") << "also of an interface that has gone";
}

TEST(InterfaceNames, ANetnsThatCameBackIsTheSameOneToItsReader) {
  InterfaceNames names;
  InterfaceInNetns back = kWeb;
  back.key = {5};
  back.netns_inode = 201;
  names.add(Interfaces{kWeb, back});  // the last one is not retired yet
  EXPECT_EQ(names.name_of(kWeb.key), "eth0");
  EXPECT_EQ(names.name_of(back.key), "eth0");
}

TEST(InterfaceNames, WhatComesBackHasTheNameThatItWasShownUnder) {
  InterfaceNames names;
  names.add(Interfaces{kWeb, kDatabase});
  InterfaceInNetns back = kWeb;
  back.key = {5};
  back.netns_inode = 201;
  names.add(Interfaces{back});
  EXPECT_EQ(names.name_of(back.key), "eth0@web") << "the rows of a file belong together";
}

TEST(InterfaceNames, AnInterfaceThatIsRenamedHasItsNewNameFromThenOn) {
  InterfaceNames names;
  names.add(Interfaces{kWeb, kDatabase});
  InterfaceInNetns renamed = kWeb;
  renamed.name = "wan0";
  names.add(Interfaces{renamed, kDatabase});
  EXPECT_EQ(names.name_of(kWeb.key), "wan0");
  EXPECT_EQ(names.name_of(kDatabase.key), "eth0@db");
  names.add(Interfaces{kWeb, kDatabase});
  EXPECT_EQ(names.name_of(kWeb.key), "eth0@web");
}

TEST(InterfaceNames, OfThoseThatHaveGoneTheLatestAreKept) {
  InterfaceNames names;
  names.add(kGoneInterface, std::string(kGoneName));
  constexpr std::uint32_t kLast = 10'000;
  for (std::uint32_t key = 10; key <= kLast; ++key) {
    InterfaceInNetns brief = kWeb;
    brief.key = {key};
    brief.name = "veth" + std::to_string(key);
    names.add(Interfaces{kWeb, brief});
  }
  EXPECT_EQ(names.name_of(kWeb.key), "eth0") << "it is counted";
  EXPECT_EQ(names.name_of(kGoneInterface), "(gone)");
  EXPECT_EQ(names.name_of({kLast - InterfaceNames::kMostGone / 2}), "veth7952");
  EXPECT_FALSE(names.contains({kLast - InterfaceNames::kMostGone - 1}));
  EXPECT_FALSE(names.contains({10}));
}

TEST(InterfaceNames, APseudoInterfaceHasTheNameThatItWasGiven) {
  InterfaceNames names;
  EXPECT_FALSE(names.contains(kGoneInterface));
  names.add(kGoneInterface, std::string(kGoneName));
  EXPECT_EQ(names.name_of(kGoneInterface), "(gone)");
  EXPECT_EQ(names.name_of({77}), "#77");
}

}  // namespace
}  // namespace cgtally::monitor
