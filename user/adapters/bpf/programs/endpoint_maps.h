// SPDX-License-Identifier: Apache-2.0
// Writes the endpoints of one netns into the maps cgt_endpoints and cgt_endpoint_devices.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/endpoints/endpoints.h"

namespace cgtally::bpf {

class Ledger;

// EndpointWatcher has one for each netns. Knows what it has written, so that a change costs only
// what has changed. Used by one thread at a time, which need not be the one that uses the ledger.
class EndpointMaps {
 public:
  // `netns_key` as PacketPrograms issued it.
  static Result<EndpointMaps> open(const Ledger& ledger, std::uint32_t netns_key);

  // What is not in the table any more goes first, and goes also if something cannot be added. An
  // entry that changes its owner is overwritten: packets meet the old one or the new one.
  Result<void> write(const EndpointTable& table);
  // Says that what is written is right at the boot time `now`: to be said about once a second.
  // After five seconds without it the programs believe none of the addresses.
  void keep(Nanoseconds now);
  // Removes at once what may have another owner from now on: an address, or all of a netns. The
  // next write() puts back what has not.
  void remove(const IpAddress& address);
  void remove_of(int nsid);
  void remove_device(int ifindex);
  // Whether the address is in the map as that of another netns than `nsid`.
  [[nodiscard]] bool has_of_another(const IpAddress& address, std::optional<int> nsid) const;
  // Removes all of it.
  void clear();

 private:
  EndpointMaps(sys::Fd addresses, sys::Fd devices, std::uint32_t netns_key)
      : addresses_(std::move(addresses)), devices_(std::move(devices)), netns_key_(netns_key) {}
  void remove_others(const EndpointTable& table);

  sys::Fd addresses_;
  sys::Fd devices_;
  std::uint32_t netns_key_;
  std::map<IpAddress, Endpoint> written_;
  std::map<int, std::uint64_t> written_devices_;
};

// Removes the endpoints of all other netns keys: their programs have ended.
void keep_endpoints_of(const Ledger& ledger, const std::vector<std::uint32_t>& netns_keys);

// What is in the maps, of all netns keys; of the addresses those that are kept at boot time `now`.
struct KnownEndpoints {
  std::map<IpAddress, Endpoint> addresses;  // of two netns with one address, one
  std::map<int, std::uint64_t> devices;
};
[[nodiscard]] KnownEndpoints read_endpoints(const Ledger& ledger, Nanoseconds now);

}  // namespace cgtally::bpf
