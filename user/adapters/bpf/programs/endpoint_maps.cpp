// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/endpoint_maps.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/programs/address_set.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

cgt_endpoint_device device_key(std::uint32_t netns_key, int ifindex) {
  return {.netns = netns_key, .ifindex = static_cast<std::uint32_t>(ifindex)};
}

sys::Fd duplicate(int fd) { return sys::Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

template <typename Key, typename Function>
void for_each_key(int map_fd, Function function) {
  Key key{};
  for (const void* previous = nullptr; bpf_map_get_next_key(map_fd, previous, &key) == 0;
       previous = &key) {
    function(key);
  }
}

template <typename Key>
void keep_keys_of(int map_fd, const std::vector<std::uint32_t>& netns_keys) {
  std::vector<Key> unwanted;
  for_each_key<Key>(map_fd, [&](const Key& key) {
    if (std::ranges::find(netns_keys, key.netns) == netns_keys.end()) unwanted.push_back(key);
  });
  for (const Key& key : unwanted) bpf_map_delete_elem(map_fd, &key);
}

}  // namespace

Result<EndpointMaps> EndpointMaps::open(const Ledger& ledger, std::uint32_t netns_key) {
  sys::Fd addresses = duplicate(ledger.fd("endpoints"));
  sys::Fd devices = duplicate(ledger.fd("endpoint_devices"));
  if (!addresses || !devices) {
    return std::unexpected(sys::error_from(errno, "share the maps of the endpoints"));
  }
  return EndpointMaps(std::move(addresses), std::move(devices), netns_key);
}

void EndpointMaps::remove_others(const EndpointTable& table) {
  std::erase_if(written_, [&](const auto& item) {
    if (table.addresses.contains(item.first)) return false;
    const cgt_address key = address_key(netns_key_, item.first);
    return bpf_map_delete_elem(addresses_.get(), &key) == 0 || errno == ENOENT;
  });
  std::erase_if(written_devices_, [&](const auto& item) {
    if (table.devices.contains(item.first)) return false;
    const cgt_endpoint_device key = device_key(netns_key_, item.first);
    return bpf_map_delete_elem(devices_.get(), &key) == 0 || errno == ENOENT;
  });
}

void EndpointMaps::keep(Nanoseconds now) {
  const cgt_address key = address_key(netns_key_ | CGT_ENDPOINTS_KEPT, {});
  const cgt_endpoint value{
      .cgroup_id = static_cast<std::uint64_t>(now.count()), .nsid = -1, .netns_inode = 0};
  bpf_map_update_elem(addresses_.get(), &key, &value, BPF_ANY);
}

void EndpointMaps::clear() {
  (void)write({});
  const cgt_address key = address_key(netns_key_ | CGT_ENDPOINTS_KEPT, {});
  bpf_map_delete_elem(addresses_.get(), &key);
}

bool EndpointMaps::has_of_another(const IpAddress& address, std::optional<int> nsid) const {
  const auto found = written_.find(address);
  return found != written_.end() && found->second.nsid != nsid;
}

void EndpointMaps::remove(const IpAddress& address) {
  const cgt_address key = address_key(netns_key_, address);
  if (written_.erase(address) > 0) bpf_map_delete_elem(addresses_.get(), &key);
}

void EndpointMaps::remove_of(int nsid) {
  std::erase_if(written_, [&](const auto& item) {
    if (item.second.nsid != nsid) return false;
    const cgt_address key = address_key(netns_key_, item.first);
    bpf_map_delete_elem(addresses_.get(), &key);
    return true;
  });
}

void EndpointMaps::remove_device(int ifindex) {
  const cgt_endpoint_device key = device_key(netns_key_, ifindex);
  if (written_devices_.erase(ifindex) > 0) bpf_map_delete_elem(devices_.get(), &key);
}

Result<void> EndpointMaps::write(const EndpointTable& table) {
  remove_others(table);
  for (const auto& [address, endpoint] : table.addresses) {
    const auto known = written_.find(address);
    if (known != written_.end() && known->second == endpoint) continue;
    const cgt_address key = address_key(netns_key_, address);
    const cgt_endpoint value{.cgroup_id = endpoint.cgroup_id,
                             .nsid = endpoint.nsid,
                             .netns_inode = endpoint.netns_inode};
    if (bpf_map_update_elem(addresses_.get(), &key, &value, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "tell the kernel an endpoint's address"));
    }
    written_.insert_or_assign(address, endpoint);
  }
  for (const auto& [ifindex, cgroup_id] : table.devices) {
    const auto known = written_devices_.find(ifindex);
    if (known != written_devices_.end() && known->second == cgroup_id) continue;
    const cgt_endpoint_device key = device_key(netns_key_, ifindex);
    if (bpf_map_update_elem(devices_.get(), &key, &cgroup_id, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "tell the kernel an endpoint's device"));
    }
    written_devices_.insert_or_assign(ifindex, cgroup_id);
  }
  return {};
}

void keep_endpoints_of(const Ledger& ledger, const std::vector<std::uint32_t>& netns_keys) {
  keep_keys_of<cgt_address>(ledger.fd("endpoints"), netns_keys);
  keep_keys_of<cgt_endpoint_device>(ledger.fd("endpoint_devices"), netns_keys);
}

KnownEndpoints read_endpoints(const Ledger& ledger, Nanoseconds now) {
  KnownEndpoints known;
  const int addresses = ledger.fd("endpoints");
  std::vector<std::pair<cgt_address, cgt_endpoint>> all;
  std::set<std::uint32_t> kept;
  for_each_key<cgt_address>(addresses, [&](const cgt_address& key) {
    cgt_endpoint value{};
    if (bpf_map_lookup_elem(addresses, &key, &value) != 0) return;
    const auto age = now.count() - static_cast<std::int64_t>(value.cgroup_id);
    if ((key.netns & CGT_ENDPOINTS_KEPT) == 0) {
      all.emplace_back(key, value);
    } else if (age < CGT_ENDPOINTS_VALID_NS) {
      kept.insert(key.netns & ~CGT_ENDPOINTS_KEPT);
    }
  });
  for (const auto& [key, value] : all) {
    if (!kept.contains(key.netns)) continue;
    IpAddress address;
    std::memcpy(address.bytes.data(), key.address, sizeof(key.address));
    known.addresses[address] = {
        .cgroup_id = value.cgroup_id, .nsid = value.nsid, .netns_inode = value.netns_inode};
  }
  const int devices = ledger.fd("endpoint_devices");
  for_each_key<cgt_endpoint_device>(devices, [&](const cgt_endpoint_device& key) {
    std::uint64_t cgroup_id = 0;
    if (bpf_map_lookup_elem(devices, &key, &cgroup_id) != 0) return;
    known.devices[static_cast<int>(key.ifindex)] = cgroup_id;
  });
  return known;
}

}  // namespace cgtally::bpf
