// SPDX-License-Identifier: Apache-2.0
// Checksums are left 0 where the tested rule does not depend on them: packets are counted
// before the stack looks at them.
#include "harness/traffic/frames.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <numeric>
#include <stdexcept>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

void put16(Frame& frame, std::size_t value) {
  frame.push_back(static_cast<std::uint8_t>(value >> 8));
  frame.push_back(static_cast<std::uint8_t>(value));
}

void put(Frame& frame, std::span<const std::uint8_t> bytes) {
  frame.insert(frame.end(), bytes.begin(), bytes.end());
}

void put_address(Frame& frame, int family, const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(family, text.c_str(), bytes.data()) != 1)
    throw std::runtime_error("not an address: " + text);
  put(frame, std::span(bytes).first(family == AF_INET ? 4 : 16));
}

// struct virtio_net_hdr: linux/virtio_net.h does not compile as C++.
struct SuperPacketHeader {
  std::uint8_t flags = 1;  // VIRTIO_NET_HDR_F_NEEDS_CSUM
  std::uint8_t gso_type;   // VIRTIO_NET_HDR_GSO_TCPV4 = 1, _TCPV6 = 4
  std::uint16_t headers;
  std::uint16_t segment;
  std::uint16_t checksum_start;
  std::uint16_t checksum_offset = 16;  // in the TCP header
};
static_assert(sizeof(SuperPacketHeader) == 10);

// The kernel drops an IPv4 packet with a wrong header checksum before it reaches a socket.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

Frame ethernet(const Mac& source, const Mac& destination, std::uint16_t type,
               const Frame& payload) {
  Frame frame;
  put(frame, destination);
  put(frame, source);
  put16(frame, type);
  put(frame, payload);
  return frame;
}

Frame tagged(const Frame& frame, std::uint16_t vlan, std::uint16_t type) {
  Frame out(frame.begin(), frame.begin() + 12);
  put16(out, type);
  put16(out, vlan);
  out.insert(out.end(), frame.begin() + 12, frame.end());
  return out;
}

Frame udp(std::uint16_t source, std::uint16_t destination, std::size_t payload_bytes) {
  Frame datagram;
  put16(datagram, source);
  put16(datagram, destination);
  put16(datagram, 8 + payload_bytes);
  put16(datagram, 0);  // IPv4: no checksum
  datagram.resize(8 + payload_bytes);
  return datagram;
}

Frame tcp(std::uint16_t source, std::uint16_t destination, std::size_t payload_bytes) {
  Frame segment;
  put16(segment, source);
  put16(segment, destination);
  segment.resize(20 + payload_bytes);
  segment[12] = 5 << 4;
  segment[13] = 0x10;  // ACK
  segment[14] = 0x20;
  return segment;
}

Frame ip4(const Ip4& header, const Frame& payload) {
  const auto header_bytes = 20 + header.option_bytes;
  Frame packet{static_cast<std::uint8_t>(0x40 | header_bytes / 4), 0};
  put16(packet, header_bytes + payload.size());
  put16(packet, 0x4711);
  put16(packet, header.fragment_offset / 8 | (header.more_fragments ? 0x2000 : 0));
  packet.push_back(64);
  packet.push_back(header.protocol);
  put16(packet, 0);
  put_address(packet, AF_INET, header.source);
  put_address(packet, AF_INET, header.destination);
  packet.resize(header_bytes, 1);
  const auto checksum = internet_checksum(packet);
  packet[10] = static_cast<std::uint8_t>(checksum >> 8);
  packet[11] = static_cast<std::uint8_t>(checksum);
  put(packet, payload);
  return packet;
}

Frame ip6(std::uint8_t next, const std::string& source, const std::string& destination,
          const Frame& payload) {
  Frame packet{0x60, 0, 0, 0};
  put16(packet, payload.size());
  packet.push_back(next);
  packet.push_back(64);
  put_address(packet, AF_INET6, source);
  put_address(packet, AF_INET6, destination);
  put(packet, payload);
  return packet;
}

Frame ip6_extension(std::uint8_t next, const Frame& payload) {
  Frame packet{next, 0, 1, 4, 0, 0, 0, 0};  // PadN over the rest
  put(packet, payload);
  return packet;
}

Frame ip6_fragment(std::uint8_t next, std::size_t offset, bool more, const Frame& payload) {
  Frame packet{next, 0};
  put16(packet, offset | (more ? 1 : 0));
  put16(packet, 0);
  put16(packet, 0x4711);
  put(packet, payload);
  return packet;
}

Frame arp_request(const Mac& source, const std::string& source_ip, const std::string& wanted_ip) {
  Frame packet{0, 1, 8, 0, 6, 4, 0, 1};
  put(packet, source);
  put_address(packet, AF_INET, source_ip);
  packet.resize(packet.size() + 6);
  put_address(packet, AF_INET, wanted_ip);
  return ethernet(source, kBroadcastMac, kEtherArp, packet);
}

// Protocol 0: it sends only.
PacketSocket::PacketSocket(const Netns& netns, const std::string& device)
    : PacketSocket(netns.socket(AF_PACKET, SOCK_RAW), netns.ifindex(device)) {}

PacketSocket::PacketSocket(sys::Fd socket, int ifindex) : socket_(std::move(socket)) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = ifindex;
  require(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
          "bind a packet socket");
}

void PacketSocket::put_on_wire(std::span<const std::uint8_t> bytes) const {
  const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), 0);
  require(sent == static_cast<ssize_t>(bytes.size()), "send a frame");
}

void PacketSocket::send(const Frame& frame) const { put_on_wire(frame); }

void PacketSocket::send_super(const Frame& frame, std::size_t headers, std::uint16_t segment,
                              bool ipv6) const {
  constexpr std::size_t kTcpHeader = 20;
  const SuperPacketHeader description{
      .gso_type = static_cast<std::uint8_t>(ipv6 ? 4 : 1),
      .headers = static_cast<std::uint16_t>(headers),
      .segment = segment,
      .checksum_start = static_cast<std::uint16_t>(headers - kTcpHeader)};
  const int on = 1, off = 0;
  require(setsockopt(socket_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) == 0,
          "PACKET_VNET_HDR");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&description);
  Frame both(bytes, bytes + sizeof(description));
  put(both, frame);
  put_on_wire(both);
  require(setsockopt(socket_.get(), SOL_PACKET, PACKET_VNET_HDR, &off, sizeof(off)) == 0,
          "PACKET_VNET_HDR");
}

}  // namespace cgtally::harness
