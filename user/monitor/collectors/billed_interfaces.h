// SPDX-License-Identifier: Apache-2.0
// The interfaces whose traffic counts against the instance's credits: the counted uplinks or, if
// none is counted, all counted interfaces. Names do not tell, because a container's end of a veth
// is an eth0, too: each is looked up in its own netns.
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

// The devices' own counters. None unless all are uplinks: a veth counts a super-packet as one,
// without the headers of its frames, which would be too little.
[[nodiscard]] std::optional<Traffic> device_totals(const BilledInterfaces& billed,
                                                   const std::string& host_root);

// Finds the billed among the counted interfaces, and remembers which are uplinks. The Monitor owns
// one. Does not count anything.
class BilledInterfaceFinder {
 public:
  explicit BilledInterfaceFinder(std::string host_root) : host_root_(std::move(host_root)) {}
  [[nodiscard]] BilledInterfaces among(std::vector<CountedInterface> counted);

 private:
  void learn(const CountedInterface& unknown, const std::vector<CountedInterface>& counted);

  std::string host_root_;
  // Not the key alone: another ledger uses the same keys again.
  using Id = std::tuple<InterfaceKey, NetnsId, int>;
  [[nodiscard]] static Id id_of(const CountedInterface& one) {
    return {one.key, one.netns_id, one.ifindex};
  }
  std::map<Id, bool> known_;  // of those that are counted
};

}  // namespace cgtally::monitor
