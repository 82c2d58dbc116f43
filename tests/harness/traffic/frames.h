// SPDX-License-Identifier: Apache-2.0
// Frames byte by byte, and a packet socket that puts them on a device: for everything that no
// ordinary socket would send.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/traffic/interface.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

using Frame = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;

inline constexpr Mac kHostMac{2, 0, 0, 0, 0, 1};
inline constexpr Mac kRemoteMac{2, 0, 0, 0, 0, 2};
inline constexpr Mac kLoopbackMac{};  // as lo has it: a frame for this host
inline constexpr Mac kBroadcastMac{255, 255, 255, 255, 255, 255};

inline constexpr std::uint16_t kEtherIp4 = 0x0800;
inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherIp6 = 0x86dd;
inline constexpr std::uint16_t kEtherVlan = 0x8100;
inline constexpr std::uint16_t kEtherServiceVlan = 0x88a8;
inline constexpr std::uint16_t kExperimental = 0x88b5;  // IEEE 802 local experimental

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

[[nodiscard]] Frame ethernet(const Mac& source, const Mac& destination, std::uint16_t type,
                             const Frame& payload);
// The frame with a tag in band, before any that it has.
[[nodiscard]] Frame tagged(const Frame& frame, std::uint16_t vlan, std::uint16_t type = kEtherVlan);

[[nodiscard]] Frame udp(std::uint16_t source, std::uint16_t destination, std::size_t payload_bytes);
// Data without options.
[[nodiscard]] Frame tcp(std::uint16_t source, std::uint16_t destination, std::size_t payload_bytes);

struct Ip4 {
  std::uint8_t protocol = kProtocolUdp;
  std::string source{}, destination{};
  std::size_t option_bytes = 0;     // no-operations; a multiple of 4
  std::size_t fragment_offset = 0;  // a multiple of 8
  bool more_fragments = false;
};
[[nodiscard]] Frame ip4(const Ip4& header, const Frame& payload);

// `next` is the protocol of the payload, which may begin with extension headers.
[[nodiscard]] Frame ip6(std::uint8_t next, const std::string& source,
                        const std::string& destination, const Frame& payload);
// Hop-by-hop (0), destination options (60) or routing (43): 8 bytes of padding in front of the
// payload.
[[nodiscard]] Frame ip6_extension(std::uint8_t next, const Frame& payload);
[[nodiscard]] Frame ip6_fragment(std::uint8_t next, std::size_t offset, bool more,
                                 const Frame& payload);

[[nodiscard]] Frame arp_request(const Mac& source, const std::string& source_ip,
                                const std::string& wanted_ip);

class PacketSocket {
 public:
  PacketSocket(const Netns& netns, const std::string& device);
  PacketSocket(sys::Fd socket, int ifindex);
  void send(const Frame& frame) const;
  // A super-packet of TCP, for the kernel to cut: `headers` bytes before the payload, the last 20
  // of them TCP.
  void send_super(const Frame& frame, std::size_t headers, std::uint16_t segment, bool ipv6) const;

 private:
  void put_on_wire(std::span<const std::uint8_t> bytes) const;

  sys::Fd socket_;
};

}  // namespace cgtally::harness
