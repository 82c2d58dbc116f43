// SPDX-License-Identifier: Apache-2.0
// The set of addresses that count as a netns' own, in the kernel's map. Multicast and
// 255.255.255.255 always count and are not in it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally::bpf {

// What stays is never missing in between.
Result<void> replace_addresses(int map_fd, std::uint32_t netns_key,
                               const std::vector<IpAddress>& addresses);
// Those of every other netns key: their programs are gone.
void keep_addresses_of(int map_fd, const std::vector<std::uint32_t>& netns_keys);

}  // namespace cgtally::bpf
