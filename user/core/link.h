// SPDX-License-Identifier: Apache-2.0
// A network interface as the kernel describes it, and which of them carry what the cloud bills.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cgtally {

struct Link {
  std::uint64_t netns_inode = 0;
  int ifindex = 0;
  std::string name;
  std::string kind;    // "veth", "bridge", "vxlan"...; empty for a real device
  std::string driver;  // what the device is bound to ("ena"); empty for virtual ones
  bool up = false;
  bool loopback = false;
  bool ethernet = true;  // frames begin with an Ethernet header (ARPHRD_ETHER or ARPHRD_LOOPBACK)

  // Bound to a driver: what leaves here is on the wire.
  [[nodiscard]] bool uplink() const { return !driver.empty() && !loopback; }
};

// Network byte order; IPv4 as an IPv4-mapped IPv6 address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
};

}  // namespace cgtally
