// SPDX-License-Identifier: Apache-2.0
// An ifindex means nothing by itself: two namespaces have the same ones, and a number comes back.
// Every attachment counts for itself.
#include <string>
#include <vector>

#include "adapters/netlink/links.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

class Interfaces : public WireTest {
 protected:
  // A pair of veths in the host's namespace; frames sent on again1 are received by again0.
  void make_pair() const {
    wire_.host().ip(
        "link add again0 index 77 type veth peer name again1\n"
        "link set again0 up\n"
        "link set again1 up\n");
  }
  void remove_pair() const { wire_.host().ip("link del again0\n"); }
  [[nodiscard]] MeasuredDevice pair() const {
    return {.netns = &wire_.host(),
            .name = "again0",
            .received = {},
            .sent = {},
            .arrived = {},
            .addresses = {}};
  }
  void send_frames(int count) const {
    const PacketSocket socket(wire_.host(), "again1");
    for (int i = 0; i < count; ++i)
      socket.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(100)));
  }
};

TEST_F(Interfaces, TwoNamespacesWithTheSameIfindexHaveAccountsOfTheirOwn) {
  const Wire other("2");
  ASSERT_EQ(wire_.host_end().link().ifindex, other.host_end().link().ifindex);
  const Cgroup cgroup("both");
  auto tally = make_tally();
  const auto first = attach_to(tally, wire_.host_end());
  const auto second = attach_to(tally, other.host_end());
  ASSERT_NE(first, second);

  send_datagrams(cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM), remote_at(Ip::v4, 5001), 10,
                 100);
  send_datagrams(cgroup.socket(other.host(), AF_INET, SOCK_DGRAM), remote_at(Ip::v4, 5001), 25,
                 200);
  EXPECT_EQ(Books(tally.read(), first).of(cgroup), sent(10, 142));
  EXPECT_EQ(Books(tally.read(), second).of(cgroup), sent(25, 242));
}

// The third one's ifindex is the first one's in the table of the programs that both could share.
TEST_F(Interfaces, ThatShareTheProgramsHaveAccountsOfTheirOwn) {
  wire_.host().ip(
      "link add share0 index 5001 up type veth peer name peer0\n"
      "link add share1 index 5002 up type veth peer name peer1\n"
      "link add share2 index 6025 up type veth peer name peer2\n"
      "link set peer0 up\nlink set peer1 up\nlink set peer2 up\n");
  auto tally = make_tally();
  const auto netns = tally.add_netns();
  std::vector<InterfaceKey> keys;
  inside(wire_.host(), [&] {
    const auto links = netlink::list_links().value();  // else the range-for looks at what has gone
    for (const Interface& link : links) {
      if (link.name.starts_with("share")) keys.push_back(tally.attach(link, netns).value());
    }
  });
  ASSERT_EQ(keys.size(), 3U);
  const auto& attached = tally.attachments();
  EXPECT_EQ(attached[0].program_ids, attached[1].program_ids);
  EXPECT_NE(attached[0].program_ids, attached[2].program_ids);
  const auto send = [&](const std::string& peer, int count) {
    const PacketSocket socket(wire_.host(), peer);
    for (int i = 0; i < count; ++i)
      socket.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(100)));
  };
  send("peer0", 3);
  send("peer1", 5);
  send("peer2", 7);
  const auto counted = [&](std::size_t at) {
    return Books(tally.read(), keys[at]).of(AccountKind::not_ip);
  };
  EXPECT_EQ(counted(0), received(3, 114));
  EXPECT_EQ(counted(1), received(5, 114));
  EXPECT_EQ(counted(2), received(7, 114));
  // Another interface takes the place of one that is not counted any more.
  inside(wire_.host(), [&] {
    tally.detach(keys[0]);
    const auto links = netlink::list_links().value();  // else the range-for looks at what has gone
    for (const Interface& link : links) {
      if (link.name == "share0") keys.push_back(tally.attach(link, netns).value());
    }
  });
  send("peer0", 11);
  EXPECT_EQ(counted(0), received(3, 114));
  EXPECT_EQ(counted(3), received(11, 114));
  for (const std::string name : {"share0", "share1", "share2"})
    wire_.host().ip("link del " + name + "\n");
}

TEST_F(Interfaces, TheSameLookedUpFlowInTwoNamespacesIsNotMixedUp) {
  const Wire other("2");
  const Cgroup here("here"), there("there");
  auto tally = make_tally();
  const auto first = attach_to(tally, wire_.host_end());
  const auto second = attach_to(tally, other.host_end());
  const auto socket_here = here.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  const auto socket_there = there.socket(other.host(), AF_INET, SOCK_DGRAM);
  const auto from_here = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  const auto from_there = other.remote().socket(AF_INET, SOCK_DGRAM);
  for (const auto* socket : {&socket_here, &socket_there}) bind_to(*socket, host_at(Ip::v4, 5001));
  for (const auto* socket : {&from_here, &from_there}) bind_to(*socket, remote_at(Ip::v4, 5002));
  for (int i = 0; i < 50; ++i) {  // within one jiffy, as far as possible
    send_datagrams(from_here, host_at(Ip::v4, 5001), 1, 100);
    send_datagrams(from_there, host_at(Ip::v4, 5001), 1, 200);
  }
  receive_datagrams(socket_here, 50);
  receive_datagrams(socket_there, 50);
  EXPECT_EQ(Books(tally.read(), first).of(here), received(50, 142));
  EXPECT_EQ(Books(tally.read(), second).of(there), received(50, 242));
  EXPECT_EQ(Books(tally.read(), first).of(there), Traffic{});
  EXPECT_EQ(Books(tally.read(), second).of(here), Traffic{});
}

TEST_F(Interfaces, ADeviceThatIsMadeAgainUnderItsOldIndexBeginsANewAccount) {
  auto tally = make_tally();
  make_pair();
  const auto old_key = attach_to(tally, pair());
  send_frames(10);
  remove_pair();
  make_pair();
  ASSERT_EQ(wire_.host().ifindex("again0"), 77);
  send_frames(3);  // nobody counts yet
  const auto new_key = attach_to(tally, pair());
  ASSERT_NE(old_key, new_key);
  send_frames(25);
  EXPECT_EQ(Books(tally.read(), old_key).of(AccountKind::not_ip), received(10, 114));
  EXPECT_EQ(Books(tally.read(), new_key).of(AccountKind::not_ip), received(25, 114));
  remove_pair();
}

TEST_F(Interfaces, TotalsStayWhenADeviceIsDetachedAndNothingIsAddedToThem) {
  auto tally = make_tally();
  make_pair();
  const auto key = attach_to(tally, pair());
  send_frames(10);
  inside(wire_.host(), [&] { tally.detach(key); });
  EXPECT_TRUE(attached_cgtally(wire_.host()).empty());
  send_frames(7);
  EXPECT_EQ(Books(tally.read(), key).of(AccountKind::not_ip), received(10, 114));
  remove_pair();
}

}  // namespace
}  // namespace cgtally::harness
