// SPDX-License-Identifier: Apache-2.0
// A network interface as the kernel describes it, and which of them carry what the cloud bills.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace cgtally {

// Which network namespace.
struct NetnsId {
  std::uint64_t inode = 0;   // comes again soon after its netns has gone
  std::uint64_t cookie = 0;  // never does; 0: unknown (the kernel tells since 5.14)

  // Where a cookie is unknown, the inode decides.
  [[nodiscard]] bool may_be(const NetnsId& other) const {
    const bool known = cookie != 0 && other.cookie != 0;
    return inode == other.inode && (!known || cookie == other.cookie);
  }
  auto operator<=>(const NetnsId&) const = default;
};

struct Interface {
  NetnsId netns_id;
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
