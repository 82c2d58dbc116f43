// SPDX-License-Identifier: Apache-2.0
// The chains of nftables in the calling thread's netns, and whether iptables' older kernel side has
// one: to see who translates addresses here. Needs CAP_NET_ADMIN; loads no kernel module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cgtally::netlink {

struct NftChain {
  std::string table;
  std::string name;
};

// Also those of iptables-nft. Empty where nf_tables is not in the kernel.
[[nodiscard]] Result<std::vector<NftChain>> list_nft_chains();

// Whether the table `nat` of iptables-legacy for IPv4 has the chain. False where it cannot be read.
[[nodiscard]] bool legacy_nat_has_chain(std::string_view chain);

}  // namespace cgtally::netlink
