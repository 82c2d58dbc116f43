// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/address_set.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

void remove_if(int map_fd, const std::function<bool(const cgt_address&)>& unwanted) {
  std::vector<cgt_address> gone;
  cgt_address key{};
  for (const void* previous = nullptr; bpf_map_get_next_key(map_fd, previous, &key) == 0;
       previous = &key) {
    if (unwanted(key)) gone.push_back(key);
  }
  for (const cgt_address& one : gone) bpf_map_delete_elem(map_fd, &one);
}

}  // namespace

cgt_address address_key(std::uint32_t netns_key, const IpAddress& address) {
  cgt_address key{.netns = netns_key, .address = {}};
  std::memcpy(key.address, address.bytes.data(), sizeof(key.address));
  return key;
}

Result<void> replace_addresses(int map_fd, std::uint32_t netns_key,
                               const std::vector<IpAddress>& addresses) {
  std::vector<cgt_address> wanted;
  for (const IpAddress& address : addresses) wanted.push_back(address_key(netns_key, address));
  const std::uint8_t present = 1;
  for (const cgt_address& key : wanted) {
    if (bpf_map_update_elem(map_fd, &key, &present, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "tell the kernel the netns' own addresses"));
    }
  }
  remove_if(map_fd, [&](const cgt_address& key) {
    return key.netns == netns_key && std::ranges::none_of(wanted, [&](const cgt_address& one) {
             return std::memcmp(&one, &key, sizeof(key)) == 0;
           });
  });
  return {};
}

void keep_addresses_of(int map_fd, const std::vector<std::uint32_t>& netns_keys) {
  remove_if(map_fd, [&](const cgt_address& key) {
    return std::ranges::find(netns_keys, key.netns) == netns_keys.end();
  });
}

}  // namespace cgtally::bpf
