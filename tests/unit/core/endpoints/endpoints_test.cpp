// SPDX-License-Identifier: Apache-2.0
// From devices, addresses and owners to the table of endpoints, and what must not be in it.
#include "core/endpoints/endpoints.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cgtally {
namespace {

constexpr int kSelf = 9;  // the id that the netns has for itself
constexpr std::uint64_t kPodA = 101;
constexpr std::uint64_t kPodB = 102;

IpAddress v4(std::uint8_t last) {
  IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  address.bytes[12] = 10;
  address.bytes[15] = last;
  return address;
}

IpAddress v6(std::uint8_t first, std::uint8_t last) {
  IpAddress address;
  address.bytes[0] = first;
  address.bytes[1] = 0x80;
  address.bytes[15] = last;
  return address;
}

LinkedDevice device(int ifindex, const std::string& kind, int link, std::optional<int> nsid) {
  return {.ifindex = ifindex,
          .name = kind + std::to_string(ifindex),
          .kind = kind,
          .link = link,
          .link_nsid = nsid};
}

NetnsOwner owned() { return {.cgroup = "/pod", .why = NetnsOwner::Why::owned}; }

// A netns with the veths 10 and 20 to the pods in the netns 1 and 2, whose devices have index 2.
EndpointFacts two_pods() {
  EndpointFacts facts;
  facts.set_own_nsid(kSelf);
  facts.set_links({device(1, "", 0, {}), device(10, "veth", 2, 1), device(20, "veth", 2, 2)});
  facts.set_own_addresses({{1, v4(1)}});
  facts.set_peer(1, {device(2, "veth", 10, kSelf)}, {{2, v4(11)}, {2, v6(0x20, 11)}});
  facts.set_peer(2, {device(2, "veth", 20, kSelf)}, {{2, v4(12)}});
  facts.set_owner(1, owned(), kPodA);
  facts.set_owner(2, owned(), kPodB);
  return facts;
}

std::optional<Endpoint> at(const EndpointFacts& facts, const IpAddress& address) {
  const EndpointTable table = facts.table();
  const auto found = table.addresses.find(address);
  return found == table.addresses.end() ? std::nullopt : std::optional(found->second);
}

TEST(Endpoints, AreTheAddressesBehindEachVeth) {
  const EndpointTable table = two_pods().table();
  EXPECT_EQ(table.addresses,
            (std::map<IpAddress, Endpoint>{
                {v4(11), {kPodA, 1}}, {v6(0x20, 11), {kPodA, 1}}, {v4(12), {kPodB, 2}}}));
  EXPECT_EQ(table.devices, (std::map<int, std::uint64_t>{{10, kPodA}, {20, kPodB}}));
  EXPECT_EQ(table.origins, (std::set<int>{10, 20}));
  EXPECT_EQ(table.ambiguous, 0U);
}

// Else what a virtual machine sends through the bridge would be taken for a pod's, and so would
// what a network card brings.
TEST(Endpoints, HaveTheOtherPortsOfTheirBridgesAmongTheOrigins) {
  EndpointFacts facts = two_pods();
  const auto port = [](LinkedDevice device, int bridge) {
    device.master = bridge;
    return device;
  };
  facts.set_link(device(30, "bridge", 0, {}));
  facts.set_link(port(device(10, "veth", 2, 1), 30));
  facts.set_link(port(device(31, "tun", 0, {}), 30));
  facts.set_link(port(device(32, "", 0, {}), 30));     // a network card
  facts.set_link(port(device(33, "tun", 0, {}), 40));  // of another bridge, without pods
  EXPECT_EQ(facts.table().origins, (std::set<int>{10, 20, 31, 32}));
}

TEST(Endpoints, HaveTheirNetnsBeforeTheirOwner) {
  EndpointFacts facts = two_pods();
  facts.set_owner(1, {}, 0);
  EXPECT_EQ(at(facts, v4(11)), (Endpoint{.cgroup_id = 0, .nsid = 1}));
  EXPECT_EQ(facts.table().devices, (std::map<int, std::uint64_t>{{20, kPodB}}));
  EXPECT_TRUE(facts.table().origins.contains(10)) << "the container may be known without the pod";
  EXPECT_EQ(facts.table().owners.at(1), NetnsOwner::Why::no_process);
}

TEST(Endpoints, SayWhyAnOwnerIsNotKnown) {
  EndpointFacts facts = two_pods();
  facts.set_owner(1, {.cgroup = {}, .why = NetnsOwner::Why::shared}, 77);
  facts.set_owner(2, owned(), 0);
  EXPECT_EQ(facts.table().owners.at(1), NetnsOwner::Why::shared);
  EXPECT_EQ(facts.table().owners.at(2), NetnsOwner::Why::no_cgroup);
  EXPECT_EQ(at(facts, v4(11))->cgroup_id, 0U);
}

TEST(Endpoints, OfOneAddressBehindTwoDevicesAreNeither) {
  EndpointFacts facts = two_pods();
  facts.add_peer_address(2, {2, v4(11)});
  EXPECT_EQ(at(facts, v4(11)), std::nullopt);
  EXPECT_EQ(facts.table().ambiguous, 1U);
  facts.remove_peer_address(1, {2, v4(11)});
  EXPECT_EQ(at(facts, v4(11)), (Endpoint{kPodB, 2})) << "the address has moved";
}

TEST(Endpoints, OfOneNetnsMayHaveAnAddressTwice) {
  EndpointFacts facts = two_pods();
  facts.set_link(device(11, "veth", 3, 1));
  facts.add_peer_address(1, {3, v4(11)});
  EXPECT_EQ(at(facts, v4(11)), (Endpoint{kPodA, 1}));
}

// The id of one that has gone is the next one's at once.
TEST(Endpoints, HaveTheInodeOfTheirNetnsUntilItGoes) {
  EndpointFacts facts = two_pods();
  EXPECT_TRUE(facts.set_netns_inode(1, 4026532001));
  EXPECT_FALSE(facts.set_netns_inode(1, 4026532001));
  EXPECT_EQ(at(facts, v4(11)), (Endpoint{kPodA, 1, 4026532001}));
  facts.forget_peer(1);
  EXPECT_FALSE(facts.set_netns_inode(1, 4026532001)) << "nobody has that id";
}

TEST(Endpoints, NeverHaveAnAddressOfTheNetnsItself) {
  EndpointFacts facts = two_pods();
  facts.add_own_address({1, v4(12)});
  EXPECT_EQ(at(facts, v4(12)), std::nullopt);
  facts.remove_own_address({1, v4(12)});
  EXPECT_EQ(at(facts, v4(12)), (Endpoint{kPodB, 2}));
}

TEST(Endpoints, HaveOnlyAddressesOfThePeerDeviceAndSuchAsAreRouted) {
  EndpointFacts facts = two_pods();
  IpAddress loopback = v4(1);
  loopback.bytes[12] = 127;
  facts.add_peer_address(1, {1, v4(99)});
  facts.add_peer_address(1, {2, loopback});
  facts.add_peer_address(1, {2, v6(0xfe, 1)});
  EXPECT_EQ(facts.table().addresses.size(), 3U);
}

TEST(Endpoints, EndWithTheirDeviceTheirAddressAndTheirNetns) {
  EndpointFacts facts = two_pods();
  facts.remove_link(20);
  EXPECT_EQ(at(facts, v4(12)), std::nullopt);
  facts.remove_peer_link(1, 2);
  EXPECT_TRUE(facts.table().addresses.empty());
  facts = two_pods();
  facts.forget_peer(1);
  EXPECT_EQ(at(facts, v4(11)), std::nullopt);
  EXPECT_FALSE(facts.table().devices.contains(10));
}

TEST(Endpoints, AreNotBehindADeviceThatIsCountedAsAnUplink) {
  EndpointFacts facts = two_pods();
  facts.set_excluded({10});
  EXPECT_EQ(at(facts, v4(11)), std::nullopt);
  EXPECT_EQ(facts.table().origins, (std::set<int>{20}));
}

TEST(Endpoints, MayBeChildrenOfADeviceHere) {
  EndpointFacts facts = two_pods();
  facts.set_peer(3, {device(5, "macvlan", 1, kSelf), device(6, "macvlan", 1, 2)},
                 {{5, v4(13)}, {6, v4(14)}});
  facts.set_owner(3, owned(), 103);
  EXPECT_EQ(at(facts, v4(13)), (Endpoint{103, 3}));
  EXPECT_EQ(at(facts, v4(14)), std::nullopt) << "its parent is elsewhere";
  EXPECT_FALSE(facts.table().origins.contains(5));
}

TEST(Endpoints, OfNestedNetnsBelongToTheOuterOne) {
  EndpointFacts facts = two_pods();
  facts.set_peer(1, {device(2, "veth", 10, kSelf), device(7, "veth", 2, 4)}, {{2, v4(11)}});
  facts.set_peer(4, {device(2, "veth", 7, 1)}, {{2, v4(41)}, {2, v4(12)}});
  facts.set_owner(1, owned(), kPodA);
  facts.set_owner(4, owned(), 104);
  EXPECT_EQ(at(facts, v4(41)), (Endpoint{kPodA, 4}));
  EXPECT_EQ(at(facts, v4(12)), (Endpoint{kPodB, 2})) << "one that is reached directly comes first";
  EXPECT_EQ(facts.linked_nsids(), (std::set<int>{1, 2, 4}));
}

TEST(Endpoints, OfANetnsInsideTwoOthersAreNobodys) {
  EndpointFacts facts = two_pods();
  facts.set_peer(1, {device(7, "veth", 2, 4)}, {});
  facts.set_peer(2, {device(7, "veth", 3, 4)}, {});
  facts.set_peer(4, {}, {{2, v4(41)}, {3, v4(42)}});
  EXPECT_TRUE(facts.table().addresses.empty());
}

}  // namespace
}  // namespace cgtally
