// SPDX-License-Identifier: Apache-2.0
// The kernel's maps of endpoints while pods come, move and go: each entry has the right owner, and
// none is left. Needs root.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "netns/endpoints/node.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class Endpoints : public testing::TestWithParam<PodLink> {};

TEST_P(Endpoints, HaveTheirAddressesAtOnceAndTheirOwnerWithTheFirstProcess) {
  Node node;
  const Cgroup group("pod");
  const Pod pod(node, 5, GetParam());
  pod.bring_up();
  ASSERT_TRUE(comes_true([&] { return node.at(pod.v4()) && node.at(pod.v6()); }));
  EXPECT_EQ(node.at(pod.v4())->cgroup_id, 0U) << "nobody is in it yet";
  EXPECT_GE(node.at(pod.v4())->nsid, 0);
  EXPECT_EQ(node.at(pod.v4()), node.at(pod.v6()));
  EXPECT_EQ(node.hooks(), 1U);
  const Inhabitant process(pod.netns(), group);
  EXPECT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  EXPECT_EQ(node.owner_of(pod.v6()), group.id());
  const int ifindex = node.host().ifindex(pod.device());
  EXPECT_EQ(node.known().devices, (std::map<int, std::uint64_t>{{ifindex, group.id()}}));
  EXPECT_EQ(node.known().addresses.size(), 2U) << "neither the host's own nor link-local ones";
  EXPECT_EQ(node.said(), "");
}

TEST_P(Endpoints, ThatWereThereBeforeAreFound) {
  Node node;
  const Cgroup group("pod");
  node.stop();
  EXPECT_TRUE(node.known().addresses.empty());
  EXPECT_EQ(node.hooks(), 0U);
  const Pod pod(node, 5, GetParam());
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  node.watch();
  EXPECT_TRUE(node.at(pod.v4())) << "when watch() returns";
  EXPECT_EQ(node.hooks(), 1U);
  EXPECT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
}

INSTANTIATE_TEST_SUITE_P(Links, Endpoints, testing::Values(PodLink::routed, PodLink::bridged),
                         [](const auto& link) {
                           return link.param == PodLink::routed ? "Routed" : "Bridged";
                         });

TEST(EndpointChanges, ProcessesThatComeLongAfterTheAddressAreFound) {
  Node node;
  const Cgroup group("pod");
  const Pod pod(node, 5);
  pod.bring_up();
  std::this_thread::sleep_for(1500ms);  // all quick looks are over
  const Inhabitant process(pod.netns(), group);
  EXPECT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
}

TEST(EndpointChanges, AnAddressThatMovesHasItsNewOwnerOrNone) {
  Node node;
  const Cgroup first("first");
  const Cgroup second("second");
  const Pod from(node, 5);
  const Pod to(node, 6);
  from.bring_up();
  to.bring_up();
  const Inhabitant one(from.netns(), first);
  const Inhabitant other(to.netns(), second);
  ASSERT_TRUE(comes_true([&] {
    return node.owner_of(from.v4()) == first.id() && node.owner_of(to.v4()) == second.id();
  }));
  for (int round = 0; round < 20; ++round) {
    const Pod& old = round % 2 == 0 ? from : to;
    const Pod& next = round % 2 == 0 ? to : from;
    const std::uint64_t owner = (round % 2 == 0 ? second : first).id();
    old.netns().ip("addr del " + from.v4() + "/32 dev eth0");
    next.netns().ip("addr add " + from.v4() + "/32 dev eth0");
    EXPECT_TRUE(comes_true([&] { return node.owner_of(from.v4()) == owner; })) << round;
  }
}

TEST(EndpointChanges, AnAddressBehindTwoVethsIsNeithers) {
  Node node;
  const Cgroup first("first");
  const Pod one(node, 5);
  const Pod other(node, 6);
  one.bring_up();
  const Inhabitant process(one.netns(), first);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(one.v4()) == first.id(); }));
  other.netns().ip("addr add " + one.v4() + "/32 dev eth0");
  EXPECT_TRUE(comes_true([&] { return !node.at(one.v4()); }));
  EXPECT_TRUE(node.at(one.v6())) << "the rest of the pod stays";
  other.netns().ip("addr del " + one.v4() + "/32 dev eth0");
  EXPECT_TRUE(comes_true([&] { return node.owner_of(one.v4()) == first.id(); }));
}

TEST(EndpointChanges, AnAddressOfTheHostItselfIsNoEndpoints) {
  Node node;
  const Pod pod(node, 5);
  pod.bring_up();
  ASSERT_TRUE(comes_true([&] { return node.at(pod.v4()).has_value(); }));
  node.host().ip("addr add " + pod.v4() + "/32 dev cgt0");
  EXPECT_TRUE(comes_true([&] { return !node.at(pod.v4()); }));
}

TEST(EndpointChanges, ARenamedVethKeepsItsEntriesAndItsProgram) {
  Node node;
  const Cgroup group("pod");
  const Pod pod(node, 5);
  pod.bring_up();
  const Inhabitant process(pod.netns(), group);
  ASSERT_TRUE(comes_true([&] { return node.owner_of(pod.v4()) == group.id(); }));
  const auto before = attached_programs(node.host());
  node.host().ip("link set " + pod.device() + " down\nlink set " + pod.device() +
                 " name renamed\nlink set renamed up");
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(node.owner_of(pod.v4()), group.id());
  EXPECT_EQ(node.hooks(), 1U);
  EXPECT_TRUE(node.known().devices.contains(node.host().ifindex("renamed")));
}

TEST(EndpointChanges, AMacvlanOfTheUplinkInAPodIsAnEndpoint) {
  Node node;
  const Cgroup group("pod");
  const Netns pod("macvlan");
  node.host().ip("link add link cgt0 name mv0 type macvlan mode bridge\nlink set mv0 netns " +
                 pod.name());
  pod.ip("addr add 10.77.0.50/24 dev mv0\nlink set mv0 up");
  const Inhabitant process(pod, group);
  EXPECT_TRUE(comes_true([&] { return node.owner_of("10.77.0.50") == group.id(); }));
  EXPECT_EQ(node.hooks(), 0U) << "its packets keep their socket";
}

TEST(EndpointChanges, ANestedNetnsBelongsToTheOuterOne) {
  Node node;
  const Cgroup outer("outer");
  const Cgroup inner("inner");
  const Pod pod(node, 5);
  pod.bring_up();
  const Netns nested("nested");
  pod.netns().ip("link add n0 type veth peer name eth0 netns " + nested.name() +
                 "\nlink set n0 up");
  nested.ip("addr add 10.88.9.9/32 dev eth0\nlink set eth0 up");
  const Inhabitant one(pod.netns(), outer);
  const Inhabitant other(nested, inner);
  EXPECT_TRUE(comes_true([&] { return node.owner_of("10.88.9.9") == outer.id(); }));
  EXPECT_NE(node.at("10.88.9.9")->nsid, node.at(pod.v4())->nsid)
      << "its sockets are in its own netns";
}

TEST(EndpointChanges, TwoHundredPodsThatComeAndGoLeaveNothing) {
  Node node;
  {
    const Pod pod(node, 250);  // what the first one needs stays: the program, descriptors
    pod.bring_up();
    ASSERT_TRUE(comes_true([&] { return node.at(pod.v4()).has_value(); }));
  }
  ASSERT_TRUE(comes_true([&] { return node.known().addresses.empty() && node.hooks() == 0; }));
  const std::size_t descriptors = open_descriptors();
  for (int i = 0; i < 200; ++i) {
    const Pod pod(node, i + 2 > 250 ? 2 : i + 2);
    pod.bring_up();
    if (i % 10 == 0) {
      EXPECT_TRUE(comes_true([&] { return node.at(pod.v4()).has_value(); }));
    }
  }
  EXPECT_TRUE(comes_true([&] {
    const auto known = node.known();
    return known.addresses.empty() && known.devices.empty() && node.hooks() == 0;
  }));
  EXPECT_TRUE(comes_true([&] { return open_descriptors() == descriptors; }))
      << open_descriptors() << " instead of " << descriptors;
  EXPECT_EQ(node.said(), "");
}

}  // namespace
}  // namespace cgtally::harness
