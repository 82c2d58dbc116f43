// SPDX-License-Identifier: Apache-2.0
// Law 3 where the headers of a super-packet are not the plain ones: tags in band and in metadata,
// extension headers, tunnels, and packets too long for IP to say so (BIG TCP).
#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::size_t kSuperPayload = 30'000;
constexpr std::uint16_t kSegment = 1300;
constexpr std::uint64_t kSegments = (kSuperPayload + kSegment - 1) / kSegment;

class SuperPackets : public WireTest {};

Frame ip4_data() {
  return ethernet(kHostMac, kRemoteMac, kEtherIp4,
                  ip4({.protocol = kProtocolTcp, .source = kHost4, .destination = kRemote4},
                      tcp(1, 2, kSuperPayload)));
}

TEST_F(SuperPackets, OneWithATagInBandIsBookedWithATagForEachFrame) {
  const Counted counted(wire_.host_end());
  const PacketSocket host(wire_.host(), "cgt0");
  host.send_super(tagged(ip4_data(), 7), 14 + 4 + 20 + 20, kSegment, false);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.tx_packets.value, kSegments);
}

TEST_F(SuperPackets, OneWithATagInMetadataIsBookedWithATagForEachFrame) {
  const Counted counted(wire_.hub_port());  // where the bridge hands it on with the tag beside it
  const PacketSocket host(wire_.host(), "cgt0");
  host.send_super(tagged(ip4_data(), 7), 14 + 4 + 20 + 20, kSegment, false);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.tx_packets.value, kSegments);
}

TEST_F(SuperPackets, OneWithExtensionHeadersIsBookedWithThemInEachFrame) {
  const Counted counted(wire_.host_end());
  const PacketSocket host(wire_.host(), "cgt0");
  const auto data = ip6_extension(60, ip6_extension(kProtocolTcp, tcp(1, 2, kSuperPayload)));
  host.send_super(ethernet(kHostMac, kRemoteMac, kEtherIp6, ip6(0, kHost6, kRemote6, data)),
                  14 + 40 + 16 + 20, kSegment, true);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.tx_packets.value, kSegments);
}

TEST_F(SuperPackets, OnesWhoseLengthIpCannotSayAreBookedAsTheFramesOfTheWire) {
  wire_.host().ip("link set cgt0 gso_max_size 200000 gro_max_size 200000\n");
  wire_.hub().ip("link set hub0 gso_max_size 200000\nlink set hub1 gso_max_size 200000\n");
  const Counted counted(wire_.host_end());
  ForeignProgram big(ForeignProgram::kNext, "big_ones", 66'000);
  big.attach_tcx(wire_.host(), "cgt0", HookDirection::egress);
  const auto listener = wire_.remote().socket(AF_INET6, SOCK_STREAM);
  listen_at(listener, remote_at(Ip::v6, 5001));
  use_large_buffers(listener);
  auto [host, remote] = connect_through(listener, wire_.host().socket(AF_INET6, SOCK_STREAM),
                                        remote_at(Ip::v6, 5001));
  use_large_buffers(host);
  // How long they get is up to TCP's pacing.
  for (int i = 0; i < 20 && big.packets() == 0; ++i) transfer(host, remote, 8'000'000);
  transfer(remote, host, 2'000'000);
  close_in_order(std::move(remote), std::move(host));
  expect_conserved(counted.settle(), 1000);
  EXPECT_GT(big.packets(), 0u);
}

TEST_F(SuperPackets, OnesInsideATunnelAreBookedWithAllHeadersInEachFrame) {
  const auto tunnel = [](const Netns& netns, const std::string& device, const std::string& own,
                         const std::string& peer) {
    netns.ip("link add tunnel type vxlan id 7 local 10.77.0." + own + " remote 10.77.0." + peer +
             " dstport 4789 dev " + device +
             "\n"
             "link set tunnel address 02:00:00:00:01:0" +
             own +
             " mtu 1400 up\n"
             "addr add 10.99.0." +
             own +
             "/24 dev tunnel\n"
             "neigh replace 10.99.0." +
             peer + " lladdr 02:00:00:00:01:0" + peer + " nud permanent dev tunnel\n");
  };
  tunnel(wire_.host(), "cgt0", "1", "2");
  tunnel(wire_.remote(), "cgt1", "2", "1");
  const Counted counted(wire_.host_end());
  ForeignProgram out(ForeignProgram::kNext, "other_out", 1500);
  out.attach_tcx(wire_.host(), "cgt0", HookDirection::egress);
  const auto listener = wire_.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(listener, at("10.99.0.2", 5001));
  auto [host, remote] =
      connect_through(listener, wire_.host().socket(AF_INET, SOCK_STREAM), at("10.99.0.2", 5001));
  transfer(host, remote, 2'000'000);
  transfer(remote, host, 2'000'000);
  close_in_order(std::move(remote), std::move(host));
  const auto settled = counted.settle();
  expect_conserved(settled, 1000);
  EXPECT_GT(out.packets(), 10u);
}

}  // namespace
}  // namespace cgtally::harness
