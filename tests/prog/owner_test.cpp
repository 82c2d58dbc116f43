// SPDX-License-Identifier: Apache-2.0
// The receiver's cgroup, whichever way the headers were read and whatever the kernel can do: direct
// loads or copies, typed loads or probe reads, plain sums or atomic ones.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "harness/host/cgroup.h"
#include "harness/host/netns.h"
#include "harness/traffic/wire.h"
#include "prog/programs.h"

namespace cgtally::prog {
namespace {

using namespace harness;

constexpr std::uint16_t kPort = 2000;
constexpr char kPeer[] = "127.0.0.9";
constexpr char kOurs[] = "127.0.0.1";

sys::Fd bound_udp_socket(const Cgroup& cgroup, const Netns& netns, int family) {
  sys::Fd socket = cgroup.socket(netns, family, SOCK_DGRAM);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(kPort);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(kPort);
  const int failed = family == AF_INET6
                         ? bind(socket.get(), reinterpret_cast<sockaddr*>(&v6), sizeof(v6))
                         : bind(socket.get(), reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
  EXPECT_EQ(failed, 0);
  return socket;
}

Frame datagram(std::size_t option_bytes = 0) {
  return ethernet(kRemoteMac, kLoopbackMac, kEtherIp4,
                  ip4({.source = kPeer, .destination = kOurs, .option_bytes = option_bytes},
                      udp(1000, kPort, 20)));
}

class OwnerTest : public testing::TestWithParam<Choices> {
 protected:
  Netns netns_{"owner"};
  Inside inside_{netns_};
  Cgroup cgroup_{"owner"};

  void expect_owner(const Programs& programs, const Frame& frame) const {
    const Outcome outcome = programs.run(HookDirection::ingress, frame);
    ASSERT_EQ(outcome.booked.size(), 1U);
    EXPECT_EQ(outcome.booked.begin()->first, (Account{AccountKind::cgroup, cgroup_.id()}));
    EXPECT_EQ(outcome.booked.begin()->second.rx_bytes.value, frame.size());
  }
};

TEST_P(OwnerTest, AUdpServerThatOnlyReceivesOwnsWhatItGets) {
  const sys::Fd server = bound_udp_socket(cgroup_, netns_, AF_INET);
  const Programs programs({}, GetParam());
  expect_owner(programs, datagram());
  expect_owner(programs, datagram());  // from the owner cache, where there is one
}

TEST_P(OwnerTest, ADualStackServerOwnsItsIpv4Traffic) {
  const sys::Fd server = bound_udp_socket(cgroup_, netns_, AF_INET6);
  expect_owner(Programs({}, GetParam()), datagram());
}

TEST_P(OwnerTest, TagsAndOptionsDoNotChangeTheOwner) {
  const sys::Fd server = bound_udp_socket(cgroup_, netns_, AF_INET);
  const Programs programs({}, GetParam());
  expect_owner(programs, tagged(datagram(), 5));
  expect_owner(programs, tagged(tagged(datagram(), 5), 6, kEtherServiceVlan));
  expect_owner(programs, datagram(12));
}

TEST_P(OwnerTest, ExtensionHeadersDoNotChangeTheOwner) {
  const sys::Fd server = bound_udp_socket(cgroup_, netns_, AF_INET6);
  const Programs programs({parse_address("::1")}, GetParam());
  const Frame payload = udp(1000, kPort, 20);
  const auto frame = [](std::uint8_t next, const Frame& rest) {
    return ethernet(kRemoteMac, kLoopbackMac, kEtherIp6, ip6(next, "::1", "::1", rest));
  };
  expect_owner(programs, frame(kProtocolUdp, payload));
  expect_owner(programs, frame(0, ip6_extension(kProtocolUdp, payload)));
  expect_owner(
      programs,
      frame(0, ip6_extension(43, ip6_extension(60, ip6_extension(kProtocolUdp, payload)))));
  expect_owner(programs, frame(44, ip6_fragment(kProtocolUdp, 0, true, payload)));
}

INSTANTIATE_TEST_SUITE_P(Kernels, OwnerTest,
                         testing::Values(Choices{},
                                         Choices{.rdonly_cast = false, .conntrack_lookup = false},
                                         Choices{.preempt_rt = true}),
                         [](const auto& parameter) {
                           if (parameter.param.preempt_rt) return "preempt_rt";
                           return parameter.param.rdonly_cast ? "newest" : "probe_reads";
                         });

}  // namespace
}  // namespace cgtally::prog
