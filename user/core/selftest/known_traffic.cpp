// SPDX-License-Identifier: Apache-2.0
#include "core/selftest/known_traffic.h"

namespace cgtally::selftest {
namespace {

constexpr std::uint64_t kEthernet = 14;
constexpr std::uint64_t kIpv4 = 20;
constexpr std::uint64_t kIpv6 = 40;
constexpr std::uint64_t kFragmentHeader = 8;  // IPv6 alone has one
constexpr std::uint64_t kUdp = 8;
constexpr std::uint64_t kTcp = 20;

std::uint64_t ip_header(IpVersion version) { return version == IpVersion::v4 ? kIpv4 : kIpv6; }

}  // namespace

Count datagrams_on_wire(IpVersion version, std::uint64_t count, std::uint64_t payload_bytes,
                        std::uint64_t tag_bytes) {
  const std::uint64_t frame = kEthernet + tag_bytes + ip_header(version) + kUdp + payload_bytes;
  return {.bytes = {count * frame}, .packets = {count}};
}

Count fragments_on_wire(IpVersion version, std::uint64_t count, std::uint64_t payload_bytes,
                        std::uint64_t mtu_bytes) {
  const std::uint64_t headers =
      ip_header(version) + (version == IpVersion::v6 ? kFragmentHeader : 0);
  // Each fragment but the last holds a multiple of eight bytes.
  const std::uint64_t room = (mtu_bytes - headers) / 8 * 8;
  const std::uint64_t data = kUdp + payload_bytes;
  const std::uint64_t fragments = (data + room - 1) / room;
  return {.bytes = {count * (data + fragments * (kEthernet + headers))},
          .packets = {count * fragments}};
}

Count segments_on_wire(std::uint64_t segments, std::uint64_t payload_bytes) {
  return {.bytes = {segments * (kEthernet + kIpv4 + kTcp) + payload_bytes}, .packets = {segments}};
}

Count operator+(const Count& a, const Count& b) {
  return {.bytes = a.bytes + b.bytes, .packets = a.packets + b.packets};
}

}  // namespace cgtally::selftest
