// SPDX-License-Identifier: Apache-2.0
// Writes the addresses that count as a netns' own into the map cgt_addresses. Multicast and
// 255.255.255.255 always count as own and are not in the map.
#pragma once

#include "cgtally/abi.h"

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::bpf {

// Sets the addresses of one netns. An address that is in the old and the new set never leaves the
// map.
Result<void> replace_addresses(int map_fd, std::uint32_t netns_key,
                               const std::vector<IpAddress>& addresses);
// Of the maps that say whose an address is.
[[nodiscard]] cgt_address address_key(std::uint32_t netns_key, const IpAddress& address);
// Removes the addresses of all other netns keys: their programs have ended.
void keep_addresses_of(int map_fd, const std::vector<std::uint32_t>& netns_keys);

}  // namespace cgtally::bpf
