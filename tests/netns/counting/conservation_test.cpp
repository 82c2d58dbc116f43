// SPDX-License-Identifier: Apache-2.0
// Laws 1 and 3: what all accounts hold together is every byte and every packet that crossed the
// wire, whatever the offloads made of them at the hook. By tcx and by clsact.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "harness/host/command.h"
#include "harness/host/old_kernel.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::size_t kBulk = 3'000'000;

class Conservation : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  [[nodiscard]] Counted count() const { return Counted(wire_.host_end(), GetParam()); }
  [[nodiscard]] Counted count_at_hub() const { return Counted(wire_.hub_port(), GetParam()); }

  // TCP between a socket of the host and one of the remote, who begins by sending.
  [[nodiscard]] Connection connection(Ip version) const {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto listener = wire_.remote().socket(family, SOCK_STREAM);
    listen_at(listener, remote_at(version, 5001));
    return connect_through(listener, wire_.host().socket(family, SOCK_STREAM),
                           remote_at(version, 5001));
  }
};

INSTANTIATE_TEST_SUITE_P(By, Conservation,
                         ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

// A device whose buffers carry whole frames only would prove nothing of offloads.
class BufferCounter {
 public:
  explicit BufferCounter(const Wire& wire) {
    in_.attach_tcx(wire.host(), "cgt0", HookDirection::ingress);
    out_.attach_tcx(wire.host(), "cgt0", HookDirection::egress);
  }
  void expect_sent_super_packets(const Settled& settled) const {
    EXPECT_LT(out_.packets() * 2, settled.truth.tx_packets.value);
  }
  void expect_merged_what_came(const Settled& settled) const {
    if (!kernel_is_at_least(5, 13)) return;  // a veth did not merge
    EXPECT_LT(in_.packets() * 2, settled.truth.rx_packets.value);
  }

 private:
  ForeignProgram in_{ForeignProgram::kNext, "other_in"};
  ForeignProgram out_{ForeignProgram::kNext, "other_out"};
};

TEST_P(Conservation, TcpBulkIsBookedAsTheFramesOfTheWire) {
  const auto counted = count();
  const BufferCounter buffers(wire_);
  for (const auto version : {Ip::v4, Ip::v6}) {
    auto [host, remote] = connection(version);
    transfer(host, remote, kBulk);
    transfer(remote, host, kBulk);
    close_in_order(std::move(remote), std::move(host));
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 2 * kBulk / 1500);
  buffers.expect_sent_super_packets(settled);
  buffers.expect_merged_what_came(settled);
}

// The kernel loops them back to the host as ingress of the same device; they were on the wire once.
TEST_P(Conservation, MulticastAndBroadcastThatTheHostSendsAreNotReceived) {
  constexpr int kDatagrams = 50;  // so few that the receive buffer holds them
  constexpr std::uint16_t kPort = 5353;
  const auto counted = count();
  const auto sender = wire_.host().socket(AF_INET, SOCK_DGRAM);
  const auto member = wire_.host().socket(AF_INET, SOCK_DGRAM);
  bind_to(member, at("0.0.0.0", kPort));
  const auto must_set = [](const sys::Fd& socket, int level, int option, const auto& value) {
    ASSERT_EQ(setsockopt(socket.get(), level, option, &value, sizeof(value)), 0);
  };
  ip_mreqn group{};
  ASSERT_EQ(inet_pton(AF_INET, "239.77.0.1", &group.imr_multiaddr), 1);
  ASSERT_EQ(inet_pton(AF_INET, kHost4, &group.imr_address), 1);
  must_set(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
  must_set(sender, IPPROTO_IP, IP_MULTICAST_IF, group);
  must_set(sender, SOL_SOCKET, SO_BROADCAST, 1);
  for (const char* to : {"239.77.0.1", "10.77.0.255"}) {
    send_datagrams(sender, at(to, kPort), kDatagrams, 1000);
    receive_datagrams(member, kDatagrams);  // the copies, which makes sure that there were any
  }
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.tx_packets.value, 2U * kDatagrams);
  EXPECT_LT(settled.books.sum().rx_packets.value, kDatagrams) << settled.books;
}

TEST_P(Conservation, TcpRequestsAndResponsesAreBookedToTheByte) {
  const auto counted = count();
  for (const auto version : {Ip::v4, Ip::v6}) {
    auto [host, remote] = connection(version);
    converse(host, remote, 200, 120, 9000);
    close_in_order(std::move(host), std::move(remote));
  }
  expect_conserved(counted.settle(), 400);
}

TEST_P(Conservation, UdpDatagramsOfEverySizeAreBookedToTheByte) {
  const auto counted = count();
  for (const auto version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto host = wire_.host().socket(family, SOCK_DGRAM);
    const auto remote = wire_.remote().socket(family, SOCK_DGRAM);
    bind_to(host, host_at(version, 5002));
    bind_to(remote, remote_at(version, 5002));
    // An empty one, one below the least Ethernet frame, the largest that fits, and fragments.
    for (const std::size_t bytes : {0UL, 1UL, 1452UL, 1472UL, 4000UL, 65'000UL}) {
      send_datagrams(host, remote_at(version, 5002), 20, bytes);
      send_datagrams(remote, host_at(version, 5002), 20, bytes);
    }
  }
  expect_conserved(counted.settle(), 1000);
}

TEST_P(Conservation, UdpSegmentationOffloadIsBookedAsTheFramesOfTheWire) {
  if (kernel_is_at_least(5, 12)) {
    const Inside guard(wire_.host());
    run({"ethtool", "-K", "cgt0", "rx-udp-gro-forwarding", "on"});
  }
  const auto counted = count();
  const BufferCounter buffers(wire_);
  for (const auto version : {Ip::v4, Ip::v6}) {
    const int family = version == Ip::v4 ? AF_INET : AF_INET6;
    const auto host = wire_.host().socket(family, SOCK_DGRAM);
    const auto remote = wire_.remote().socket(family, SOCK_DGRAM);
    bind_to(host, host_at(version, 5002));
    bind_to(remote, remote_at(version, 5002));
    for (int round = 0; round < 20; ++round) {
      send_segmented(host, remote_at(version, 5002), 60'000, 1400);
      send_segmented(host, remote_at(version, 5002), 2'801, 1400);  // the last segment has 1 byte
      send_segmented(remote, host_at(version, 5002), 42'000, 1400);
    }
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 2 * 20 * 30);
  buffers.expect_sent_super_packets(settled);
}

TEST_P(Conservation, IcmpEchoOfEverySizeIsBookedToTheByte) {
  const auto counted = count();
  for (const auto* from : {&wire_.host(), &wire_.remote()}) {
    const bool from_host = from == &wire_.host();
    const auto v4 = from->socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    const auto v6 = from->socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    for (const std::size_t bytes : {0UL, 56UL, 1472UL, 5000UL}) {
      ping(v4, from_host ? remote_at(Ip::v4, 0) : host_at(Ip::v4, 0), bytes);
      ping(v6, from_host ? remote_at(Ip::v6, 0) : host_at(Ip::v6, 0), bytes);
    }
  }
  expect_conserved(counted.settle(), 16);
}

TEST_P(Conservation, ArpAndForeignProtocolsAreBookedOnNotIp) {
  const auto counted = count();
  const PacketSocket host(wire_.host(), "cgt0");
  const PacketSocket remote(wire_.remote(), "cgt1");
  remote.send(arp_request(kRemoteMac, kRemote4, kHost4));  // answered by the host's kernel
  remote.send(arp_request(kRemoteMac, kRemote4, "10.77.0.99"));
  for (const std::size_t bytes : {0UL, 46UL, 1500UL}) {
    remote.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(bytes)));
    remote.send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(bytes)));
    host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(bytes)));
  }
  const auto settled = counted.settle();
  expect_conserved(settled, 4);
  EXPECT_EQ(settled.books.of(AccountKind::not_ip).rx_packets, settled.truth.rx_packets)
      << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::not_ip).rx_bytes, settled.truth.rx_bytes)
      << settled.books;
}

Frame datagram_frame(bool to_host, std::uint16_t destination, std::size_t bytes) {
  const std::string from = to_host ? kRemote4 : kHost4;
  const std::string to = to_host ? kHost4 : kRemote4;
  const auto packet = ip4({.source = from, .destination = to}, udp(4000, destination, bytes));
  return ethernet(to_host ? kRemoteMac : kHostMac, to_host ? kHostMac : kRemoteMac, kEtherIp4,
                  packet);
}

TEST_P(Conservation, TagsCountWhetherInBandOrStackedOrStrippedIntoMetadata) {
  const auto counted = count();  // received: outer tag in metadata; sent: all tags in band
  const PacketSocket host(wire_.host(), "cgt0");
  const PacketSocket remote(wire_.remote(), "cgt1");
  for (const bool to_host : {true, false}) {
    const auto& socket = to_host ? remote : host;
    for (const std::size_t bytes : {18UL, 1000UL}) {
      const auto plain = datagram_frame(to_host, 5003, bytes);
      socket.send(tagged(plain, 100));
      socket.send(tagged(tagged(plain, 100), 200, kEtherServiceVlan));
      socket.send(tagged(tagged(tagged(plain, 100), 200), 300));
      socket.send(tagged(plain, 0));  // priority only
    }
  }
  expect_conserved(counted.settle(), 8);
}

TEST_P(Conservation, TagsInMetadataCountOnTheWayOutToo) {
  const auto counted = count_at_hub();  // the bridge hands frames on with the tag beside them
  const PacketSocket host(wire_.host(), "cgt0");
  const PacketSocket remote(wire_.remote(), "cgt1");
  for (const bool to_host : {true, false}) {
    const auto& socket = to_host ? remote : host;
    const auto plain = datagram_frame(to_host, 5003, 700);
    socket.send(tagged(plain, 100));
    socket.send(tagged(tagged(plain, 100), 200, kEtherServiceVlan));
    socket.send(plain);
  }
  expect_conserved(counted.settle(), 3);
}

TEST_P(Conservation, FramesThatTheHubForwardsAsSuperPacketsAreBookedAsFrames) {
  const auto counted = count_at_hub();
  auto [host, remote] = connection(Ip::v4);
  transfer(host, remote, kBulk);
  transfer(remote, host, kBulk);
  expect_conserved(counted.settle(), kBulk / 1500);
}

TEST_P(Conservation, FragmentsOptionsAndExtensionHeadersAreBookedToTheByte) {
  const auto counted = count();
  const PacketSocket host(wire_.host(), "cgt0");
  const PacketSocket remote(wire_.remote(), "cgt1");
  for (const bool to_host : {true, false}) {
    const auto& socket = to_host ? remote : host;
    const auto from = to_host ? kRemoteMac : kHostMac;
    const auto to = to_host ? kHostMac : kRemoteMac;
    const Ip4 header{.source = to_host ? kRemote4 : kHost4,
                     .destination = to_host ? kHost4 : kRemote4};
    auto optional = header;
    optional.option_bytes = 40;
    auto first = header;
    first.more_fragments = true;
    auto last = header;
    last.fragment_offset = 1400;
    for (const auto& packet : {ip4(optional, udp(4000, 5004, 100)),
                               ip4(first, udp(4000, 5004, 1392)), ip4(last, Frame(100))}) {
      socket.send(ethernet(from, to, kEtherIp4, packet));
    }
    const std::string source = to_host ? kRemote6 : kHost6;
    const std::string destination = to_host ? kHost6 : kRemote6;
    const auto payload = udp(4000, 5004, 64);
    for (const auto& packet :
         {ip6(0, source, destination, ip6_extension(60, ip6_extension(kProtocolUdp, payload))),
          ip6(44, source, destination, ip6_fragment(kProtocolUdp, 0, true, payload)),
          ip6(44, source, destination, ip6_fragment(kProtocolUdp, 72, false, Frame(30))),
          ip6(59, source, destination, {})}) {
      socket.send(ethernet(from, to, kEtherIp6, packet));
    }
  }
  expect_conserved(counted.settle(), 7);
}

TEST_P(Conservation, TruncatedAndBrokenFramesAreBookedAndNotLost) {
  const auto counted = count();
  const PacketSocket host(wire_.host(), "cgt0");
  const PacketSocket remote(wire_.remote(), "cgt1");
  const auto to_host = datagram_frame(true, 5005, 20);
  const auto from_host = datagram_frame(false, 5005, 20);
  const auto cut = [](const Frame& whole, std::size_t length) {
    return Frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
  };
  for (std::size_t length = 14; length < to_host.size(); ++length) {
    remote.send(cut(to_host, length));
    // The kernel itself drops a tag with less than two bytes after it, before any hook.
    if (length >= 16) remote.send(tagged(cut(to_host, length), 7));
    host.send(cut(from_host, length));
  }
  for (const int first_byte : {0x00, 0x41, 0x4f, 0x60, 0xff}) {  // versions and lengths that lie
    for (const auto& [socket, whole] : {std::pair{&remote, to_host}, std::pair{&host, from_host}}) {
      auto broken = whole;
      broken[14] = static_cast<std::uint8_t>(first_byte);
      socket->send(broken);
    }
  }
  expect_conserved(counted.settle(), to_host.size() - 14);
}

}  // namespace
}  // namespace cgtally::harness
