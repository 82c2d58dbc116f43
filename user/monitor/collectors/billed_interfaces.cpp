// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/billed_interfaces.h"

#include <algorithm>

#include "adapters/netlink/links.h"

namespace cgtally::monitor {

BilledInterfaces billed_of(std::vector<CountedInterface> counted, const IsUplink& is_uplink) {
  BilledInterfaces billed{.interfaces = std::move(counted), .uplinks = false};
  billed.uplinks = std::ranges::any_of(billed.interfaces, is_uplink);
  if (billed.uplinks) std::erase_if(billed.interfaces, std::not_fn(is_uplink));
  return billed;
}

std::optional<Traffic> device_totals(const BilledInterfaces& billed, const std::string& host_root) {
  if (!billed.uplinks) return std::nullopt;
  Traffic all;
  for (const auto& [key, device] : snapshot_devices(billed.interfaces, host_root)) {
    if (!device) return std::nullopt;
    all += device->device.carried;
  }
  return all;
}

BilledInterfaces BilledInterfaceFinder::among(std::vector<CountedInterface> counted) {
  const auto unknown = [this](const CountedInterface& one) { return !known_.contains(id_of(one)); };
  if (std::ranges::any_of(counted, unknown)) {
    known_.clear();
    for (const CountedInterface& one : counted) {
      if (unknown(one)) learn(one, counted);
    }
  }
  return billed_of(std::move(counted),
                   [this](const CountedInterface& one) { return known_.at(id_of(one)); });
}

// Asks for all of its netns at once, which may have thousands. An interface that is gone or cannot
// be asked is no uplink.
void BilledInterfaceFinder::learn(const CountedInterface& unknown,
                                  const std::vector<CountedInterface>& counted) {
  std::vector<Interface> links;
  if (const auto entered = enter_netns_of(unknown, host_root_)) {
    links = netlink::list_links().value_or(std::vector<Interface>{});
  }
  for (const CountedInterface& one : counted) {
    if (one.netns_id != unknown.netns_id) continue;
    const auto link = std::ranges::find(links, one.ifindex, &Interface::ifindex);
    known_.emplace(id_of(one), link != links.end() && link->uplink());
  }
}

}  // namespace cgtally::monitor
