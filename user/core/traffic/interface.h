// SPDX-License-Identifier: Apache-2.0
// A network interface as the kernel describes it, and the identity of its network namespace. An
// uplink (bound to a driver) carries the traffic that a cloud bills.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace cgtally {

// Identity of a network namespace.
struct NetnsId {
  std::uint64_t inode = 0;   // the kernel reuses it soon after its netns is removed
  std::uint64_t cookie = 0;  // never reused; 0: unknown (SO_NETNS_COOKIE needs Linux 5.14)

  // True if the two can be the same netns: by inode alone if a cookie is unknown.
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
  std::string driver;  // that the device is bound to ("ena"); empty for a virtual device
  bool up = false;
  bool loopback = false;
  bool ethernet = true;  // frames begin with an Ethernet header (ARPHRD_ETHER or ARPHRD_LOOPBACK)

  // Packets that leave by an uplink are on the wire.
  [[nodiscard]] bool uplink() const { return !driver.empty() && !loopback; }
};

// Network byte order; IPv4 as an IPv4-mapped IPv6 address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
};

}  // namespace cgtally
