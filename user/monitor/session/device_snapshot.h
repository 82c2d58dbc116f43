// SPDX-License-Identifier: Apache-2.0
// Reads what the kernel knows of a counted interface beside our own totals: the device's counters,
// its queue, and the other programs on its hooks. In any netns; afterwards the calling thread is in
// its own netns again.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
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

struct HookSnapshot {
  bool attached = false;            // our program is there
  std::vector<std::string> before;  // the programs that run before it, described
};
[[nodiscard]] Result<HookSnapshot> snapshot_hook(const CountedInterface& interface,
                                                 bpf::HookDirection direction,
                                                 const std::string& host_root);

}  // namespace cgtally::monitor
