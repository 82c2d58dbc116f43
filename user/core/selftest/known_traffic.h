// SPDX-License-Identifier: Apache-2.0
// What traffic of known content is on the wire, by arithmetic alone: Ethernet frames without FCS,
// with the headers of IP and UDP or TCP without options.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/selftest/check.h"

namespace cgtally::selftest {

enum class IpVersion : std::uint8_t { v4, v6 };

// `count` datagrams that each fit into one packet; `tag_bytes`: 4 with a VLAN tag.
[[nodiscard]] Count datagrams_on_wire(IpVersion version, std::uint64_t count,
                                      std::uint64_t payload_bytes, std::uint64_t tag_bytes = 0);

// `count` datagrams that are cut into fragments for packets of `mtu_bytes`.
[[nodiscard]] Count fragments_on_wire(IpVersion version, std::uint64_t count,
                                      std::uint64_t payload_bytes, std::uint64_t mtu_bytes);

// IPv4 segments that carry so much together.
[[nodiscard]] Count segments_on_wire(std::uint64_t segments, std::uint64_t payload_bytes);

[[nodiscard]] Count operator+(const Count& a, const Count& b);

}  // namespace cgtally::selftest
