// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/billed_interfaces.h"

#include <algorithm>

#include "adapters/netlink/links.h"

namespace cgtally::monitor {

BilledInterfaces billed_of(std::vector<CountedInterface> counted, const IsUplink& is_uplink) {
  BilledInterfaces charged{.interfaces = std::move(counted), .uplinks = false};
  charged.uplinks = std::ranges::any_of(charged.interfaces, is_uplink);
  if (charged.uplinks) std::erase_if(charged.interfaces, std::not_fn(is_uplink));
  return charged;
}

std::optional<Traffic> device_totals(const BilledInterfaces& charged,
                                     const std::string& host_root) {
  if (!charged.uplinks) return std::nullopt;
  Traffic all;
  for (const auto& [key, look] : snapshot_devices(charged.interfaces, host_root)) {
    if (!look) return std::nullopt;
    all += look->device.carried;
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

// All of its netns at once: there may be thousands. What cannot be asked, or has gone, is none.
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
