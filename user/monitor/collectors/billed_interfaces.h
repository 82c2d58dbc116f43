// SPDX-License-Identifier: Apache-2.0
// What the instance pays for, of all that is counted: the uplinks; where none of them is counted,
// whatever is. Asked in the netns of each interface, whose names say nothing: a container's end of
// a veth is an eth0 too.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/traffic/traffic.h"
#include "monitor/session/device_snapshot.h"

namespace cgtally::monitor {

struct BilledInterfaces {
  std::vector<CountedInterface> interfaces;
  bool uplinks = false;  // each of them is one
};
using IsUplink = std::function<bool(const CountedInterface& interface)>;
[[nodiscard]] BilledInterfaces billed_of(std::vector<CountedInterface> counted,
                                         const IsUplink& is_uplink);

// What the devices say that they carried. None for anything but uplinks: a veth counts a
// super-packet as one, without the headers that its frames have, and would charge too little.
[[nodiscard]] std::optional<Traffic> device_totals(const BilledInterfaces& charged,
                                                   const std::string& host_root);

// Remembers what each interface is.
class BilledInterfaceFinder {
 public:
  explicit BilledInterfaceFinder(std::string host_root) : host_root_(std::move(host_root)) {}
  [[nodiscard]] BilledInterfaces among(std::vector<CountedInterface> counted);

 private:
  void learn(const CountedInterface& unknown, const std::vector<CountedInterface>& counted);

  std::string host_root_;
  // A key is never used again, but by another ledger.
  using Id = std::tuple<InterfaceKey, NetnsId, int>;
  [[nodiscard]] static Id id_of(const CountedInterface& one) {
    return {one.key, one.netns_id, one.ifindex};
  }
  std::map<Id, bool> known_;  // of those that are counted
};

}  // namespace cgtally::monitor
