// SPDX-License-Identifier: Apache-2.0
// Crafted frames, exact books: what each is on the wire, which account it goes to where no socket
// is asked, and that no frame, however broken, is lost or judged.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "harness/host/netns.h"
#include "harness/traffic/wire.h"
#include "prog/programs.h"

namespace cgtally::prog {
namespace {

using namespace harness;

constexpr char kOurs4[] = "192.0.2.1";
constexpr char kOurs6[] = "2001:db8::1";
constexpr char kForeign4[] = "198.51.100.9";
constexpr char kPeer4[] = "198.51.100.1";
constexpr char kPeer6[] = "2001:db8:1::1";
constexpr std::int32_t kNext = -1;

// BPF_PROG_TEST_RUN takes no more than a page: super-packets of 7 segments, the last of 100 bytes.
constexpr std::size_t kLoad = 3100;
constexpr std::uint32_t kSegment = 500;

Frame to_us(std::uint16_t type, const Frame& payload) {
  return ethernet(kRemoteMac, kLoopbackMac, type, payload);
}

Frame ip4_frame(Ip4 header, const Frame& payload) {
  if (header.source.empty()) header.source = kPeer4;
  if (header.destination.empty()) header.destination = kOurs4;
  return to_us(kEtherIp4, ip4(header, payload));
}

Frame ip6_frame(std::uint8_t next, const Frame& payload, const char* destination = kOurs6) {
  return to_us(kEtherIp6, ip6(next, kPeer6, destination, payload));
}

Frame tcp_segment(std::size_t payload_bytes) { return tcp(40000, 80, payload_bytes); }

// In a netns of its own, so that the loopback has nobody listening.
class PacketsTest : public testing::Test {
 protected:
  Netns netns_{"prog"};
  Inside inside_{netns_};
  Programs programs_{{parse_address(kOurs4), parse_address(kOurs6)}};

  void expect_on(AccountKind reason, const Frame& frame) const {
    const Outcome outcome = programs_.run(HookDirection::ingress, frame);
    EXPECT_EQ(outcome.answer, kNext);
    ASSERT_EQ(outcome.booked.size(), 1U);
    const auto& [account, traffic] = *outcome.booked.begin();
    EXPECT_EQ(reason_name(account.kind), reason_name(reason));
    EXPECT_EQ(traffic.rx_bytes.value, frame.size());
    EXPECT_EQ(traffic.rx_packets.value, 1U);
  }

  // As a driver hands it up if the sender filled it up to the shortest Ethernet frame.
  void expect_without_padding(const Frame& whole) const {
    Frame padded = whole;
    padded.resize(60);
    const Outcome in = programs_.run(HookDirection::ingress, padded);
    EXPECT_EQ(in.answer, kNext);
    ASSERT_EQ(in.booked.size(), 1U);
    EXPECT_EQ(in.booked.begin()->second.rx_packets.value, 1U);
    EXPECT_EQ(in.booked.begin()->second.rx_bytes.value, whole.size());
  }

  // Both directions book the same frames of a super-packet.
  void expect_wire(const Frame& frame, std::uint32_t gso_size, std::uint64_t packets,
                   std::uint64_t bytes) const {
    const Outcome in = programs_.run(HookDirection::ingress, frame, gso_size);
    const Outcome out = programs_.run(HookDirection::egress, frame, gso_size);
    ASSERT_EQ(in.booked.size(), 1U);
    ASSERT_EQ(out.booked.size(), 1U);
    EXPECT_EQ(in.booked.begin()->second.rx_packets.value, packets);
    EXPECT_EQ(in.booked.begin()->second.rx_bytes.value, bytes);
    EXPECT_EQ(out.booked.begin()->second.tx_packets.value, packets);
    EXPECT_EQ(out.booked.begin()->second.tx_bytes.value, bytes);
  }
};

TEST_F(PacketsTest, WhatIsNeitherIpv4NorIpv6IsNotIp) {
  expect_on(AccountKind::not_ip, arp_request(kRemoteMac, kPeer4, kOurs4));
  expect_on(AccountKind::not_ip, to_us(kExperimental, Frame(50)));
  expect_on(AccountKind::not_ip, tagged(to_us(kExperimental, Frame(50)), 5));
}

TEST_F(PacketsTest, LaterFragmentsHaveNoPortsAndGoToFragment) {
  expect_on(AccountKind::fragment, ip4_frame({.fragment_offset = 1480}, Frame(100)));
  expect_on(AccountKind::fragment,
            ip6_frame(44, ip6_fragment(kProtocolUdp, 1448, false, Frame(100))));
}

TEST_F(PacketsTest, TheFirstFragmentIsLookedUpLikeAWholePacket) {
  expect_on(AccountKind::no_socket, ip4_frame({.more_fragments = true}, udp(1000, 2000, 1472)));
  expect_on(AccountKind::no_socket,
            ip6_frame(44, ip6_fragment(kProtocolUdp, 0, true, udp(1000, 2000, 1440))));
}

TEST_F(PacketsTest, AForeignAddressIsForwarded) {
  expect_on(AccountKind::forwarded,
            ip4_frame({.source = kPeer4, .destination = kForeign4}, udp(1000, 2000, 20)));
  expect_on(AccountKind::forwarded, ip6_frame(kProtocolUdp, udp(1000, 2000, 20), "2001:db8:2::9"));
}

TEST_F(PacketsTest, AForeignMacIsForwardedWhateverTheAddress) {
  const Frame frame = ethernet(kRemoteMac, kHostMac, kEtherIp4,
                               ip4({.source = kPeer4, .destination = kOurs4}, udp(1000, 2000, 20)));
  expect_on(AccountKind::forwarded, frame);
}

TEST_F(PacketsTest, OurAddressWithNobodyThereIsNoSocket) {
  expect_on(AccountKind::no_socket, ip4_frame({}, udp(1000, 2000, 20)));
  expect_on(AccountKind::no_socket, ip6_frame(kProtocolUdp, udp(1000, 2000, 20)));
  expect_on(AccountKind::no_socket, ip4_frame({.protocol = kProtocolTcp}, tcp(1000, 2000, 0)));
}

TEST_F(PacketsTest, LoopbackMulticastAndBroadcastAreOurs) {
  for (const char* address : {"127.9.9.9", "224.0.0.251", "255.255.255.255"}) {
    expect_on(AccountKind::no_socket,
              ip4_frame({.source = kPeer4, .destination = address}, udp(1000, 2000, 20)));
  }
  expect_on(AccountKind::no_socket, ip6_frame(kProtocolUdp, udp(1000, 2000, 20), "ff02::fb"));
}

TEST_F(PacketsTest, OtherProtocolsToOurAddressAreForTheKernel) {
  constexpr std::uint8_t kIcmp = 1;
  constexpr std::uint8_t kIcmp6 = 58;
  expect_on(AccountKind::kernel, ip4_frame({.protocol = kIcmp}, Frame(64)));
  expect_on(AccountKind::kernel, ip6_frame(kIcmp6, Frame(64)));
  expect_on(AccountKind::forwarded,
            ip4_frame({.protocol = kIcmp, .destination = kForeign4}, Frame(64)));
}

// From the shortest that TEST_RUN takes: it wants an IP header whole (6.18), unless a tag hides it.
TEST_F(PacketsTest, EveryPrefixOfAFrameIsBookedOnceAndPassedOn) {
  struct Case {
    Frame whole;
    std::size_t shortest;
  };
  const std::vector<Case> cases{
      {ip4_frame({}, udp(1000, 2000, 20)), 34},
      {ip4_frame({.protocol = kProtocolTcp, .option_bytes = 8}, tcp_segment(10)), 34},
      {ip6_frame(0, ip6_extension(60, ip6_extension(kProtocolTcp, tcp_segment(10)))), 54},
      {tagged(ip4_frame({}, udp(1000, 2000, 20)), 5), 15},
      {tagged(tagged(ip6_frame(44, ip6_fragment(kProtocolUdp, 0, true, udp(1, 2, 8))), 5), 6), 15}};
  for (const auto& [frame, shortest] : cases) {
    for (std::size_t length = shortest; length <= frame.size(); ++length) {
      const Frame prefix(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
      for (const HookDirection direction : {HookDirection::ingress, HookDirection::egress}) {
        const Outcome outcome = programs_.run(direction, prefix);
        EXPECT_EQ(outcome.answer, kNext);
        ASSERT_EQ(outcome.booked.size(), 1U) << length;
        const Traffic& traffic = outcome.booked.begin()->second;
        EXPECT_EQ(traffic.rx_packets.value + traffic.tx_packets.value, 1U);
        EXPECT_EQ(traffic.rx_bytes.value + traffic.tx_bytes.value, length);
      }
    }
  }
}

TEST_F(PacketsTest, PaddingOfAShortFrameIsNotCounted) {
  constexpr std::uint8_t kNoNextHeader = 59;
  expect_without_padding(ip4_frame({}, udp(1000, 2000, 2)));
  expect_without_padding(ip4_frame({.protocol = kProtocolTcp}, tcp_segment(0)));
  expect_without_padding(ip4_frame({.fragment_offset = 1480}, Frame(3)));
  expect_without_padding(ip6_frame(kNoNextHeader, Frame{}));  // UDP alone fills more than 60 bytes
  expect_without_padding(ip6_frame(kNoNextHeader, Frame(5)));
  expect_without_padding(tagged(ip4_frame({}, udp(1000, 2000, 2)), 5));
}

TEST_F(PacketsTest, WhatFollowsTheIpPacketOfALongerFrameIsCounted) {
  Frame frame = ip4_frame({}, udp(1000, 2000, 2));
  frame.resize(61);
  expect_on(AccountKind::no_socket, frame);
}

TEST_F(PacketsTest, ATcpSuperPacketIsItsSegmentsEachWithAllHeaders) {
  expect_wire(ip4_frame({.protocol = kProtocolTcp}, tcp_segment(kLoad)), kSegment, 7,
              kLoad + 7 * (14 + 20 + 20));
  expect_wire(ip4_frame({.protocol = kProtocolTcp, .option_bytes = 12}, tcp_segment(kLoad)),
              kSegment, 7, kLoad + 7 * (14 + 32 + 20));
  expect_wire(ip6_frame(kProtocolTcp, tcp_segment(kLoad)), kSegment, 7, kLoad + 7 * (14 + 40 + 20));
}

TEST_F(PacketsTest, ASuperPacketOfExactlyWholeSegmentsHasNoShortOne) {
  expect_wire(ip4_frame({.protocol = kProtocolTcp}, tcp_segment(2 * kSegment)), kSegment, 2,
              2 * kSegment + 2 * (14 + 20 + 20));
  expect_wire(ip4_frame({.protocol = kProtocolTcp}, tcp_segment(1)), kSegment, 1, 1 + 54);
}

TEST_F(PacketsTest, AUdpSuperPacketIsItsDatagrams) {
  expect_wire(ip4_frame({}, udp(1000, 2000, kLoad)), kSegment, 7, kLoad + 7 * (14 + 20 + 8));
  expect_wire(ip6_frame(kProtocolUdp, udp(1000, 2000, kLoad)), kSegment, 7,
              kLoad + 7 * (14 + 40 + 8));
}

TEST_F(PacketsTest, TagsInBandAreHeadersOfEverySegment) {
  const Frame frame = ip4_frame({.protocol = kProtocolTcp}, tcp_segment(kLoad));
  expect_wire(tagged(frame, 5), kSegment, 7, kLoad + 7 * (18 + 20 + 20));
  expect_wire(tagged(tagged(frame, 5), 6, kEtherServiceVlan), kSegment, 7,
              kLoad + 7 * (22 + 20 + 20));
}

TEST_F(PacketsTest, ExtensionHeadersAreHeadersOfEverySegment) {
  expect_wire(ip6_frame(60, ip6_extension(kProtocolTcp, tcp_segment(kLoad))), kSegment, 7,
              kLoad + 7 * (14 + 40 + 8 + 20));
}

TEST_F(PacketsTest, TheJumboHeaderOfBigTcpIsOnNoSegment) {
  Frame hop_by_hop = ip6_extension(kProtocolTcp, tcp_segment(kLoad));
  hop_by_hop[2] = 194;  // a jumbo payload option, 4 bytes long
  hop_by_hop[3] = 4;
  expect_wire(ip6_frame(0, hop_by_hop), kSegment, 7, kLoad + 7 * (14 + 40 + 20));
}

}  // namespace
}  // namespace cgtally::prog
