// SPDX-License-Identifier: Apache-2.0
// Reads what the kernel knows of a counted interface beside our own totals: the device's counters,
// its queue, and the other programs on its hooks. In any netns; afterwards the calling thread is in
// its own netns again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bpf/hooks/hook_chain.h"
#include "adapters/netlink/device_counters.h"
#include "adapters/netlink/qdisc.h"
#include "adapters/netns/netns.h"
#include "core/base/result.h"
#include "core/health/coverage.h"
#include "core/traffic/account.h"
#include "core/traffic/interface.h"

namespace cgtally::monitor {

struct CountedInterface {
  InterfaceKey key;
  std::string name;  // as it is shown: NAME or NAME@NETNS
  NetnsId netns_id;
  std::string netns;  // as --netns named it
  int ifindex = 0;
  std::array<std::uint32_t, 2> program_ids{};  // ingress, egress
};

// Makes `watched` hold just these interfaces: forgets those that are gone, and begins with those
// that are new. For collectors that keep a state for each interface in a struct with an
// `interface`.
template <typename Watched>
void keep_only(std::map<InterfaceKey, Watched>& watched, std::vector<CountedInterface> interfaces) {
  std::erase_if(watched, [&interfaces](const auto& item) {
    return std::ranges::find(interfaces, item.first, &CountedInterface::key) == interfaces.end();
  });
  for (CountedInterface& interface : interfaces) {
    const InterfaceKey key = interface.key;
    watched[key].interface = std::move(interface);
  }
}

// The calling thread is in the netns of `interface` as long as the result lives.
[[nodiscard]] Result<netns::Entered> enter_netns_of(const CountedInterface& interface,
                                                    const std::string& host_root);

// One reading of a device. CoverageMonitor and `status` compare it with the totals.
struct DeviceSnapshot {
  netlink::DeviceCounters device;  // read before the queue
  netlink::QdiscStats queue;

  // Beside the interface's totals, which were read at boot time `boot`.
  [[nodiscard]] CoverageReading beside(const Traffic& totals, Nanoseconds boot) const;
};

// Enters each netns once. An interface that cannot be read has its Error.
[[nodiscard]] std::map<InterfaceKey, Result<DeviceSnapshot>> snapshot_devices(
    const std::vector<CountedInterface>& interfaces, const std::string& host_root);

// The queues alone. An interface without one, or whose netns cannot be entered, is left out.
[[nodiscard]] std::map<InterfaceKey, netlink::QdiscStats> snapshot_queues(
    const std::vector<CountedInterface>& interfaces, const std::string& host_root);

struct HookSnapshot {
  bool attached = false;            // our program is there
  std::vector<std::string> before;  // the programs that run before it, described
};
[[nodiscard]] Result<HookSnapshot> snapshot_hook(const CountedInterface& interface,
                                                 bpf::HookDirection direction,
                                                 const std::string& host_root);

}  // namespace cgtally::monitor
