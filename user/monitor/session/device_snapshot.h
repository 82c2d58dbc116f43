// SPDX-License-Identifier: Apache-2.0
// What stands beside our own books of an interface: the device's counters, its queue, and who else
// hangs there. Whatever netns the interface is in; the calling thread is back in its own
// afterwards.
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

// The calling thread is in the netns of that interface for as long as the result lives.
[[nodiscard]] Result<netns::Entered> enter_netns_of(const CountedInterface& interface,
                                                    const std::string& host_root);

struct DeviceSnapshot {
  netlink::DeviceCounters device;  // read first
  netlink::QdiscStats queue;

  [[nodiscard]] CoverageReading against(const Traffic& booked, Nanoseconds boot) const;
};

// Each netns is entered once.
[[nodiscard]] std::map<InterfaceKey, Result<DeviceSnapshot>> look_at_devices(
    const std::vector<CountedInterface>& interfaces, const std::string& host_root);

struct HookSnapshot {
  bool attached = false;            // ours is there
  std::vector<std::string> before;  // who runs before it, described
};
[[nodiscard]] Result<HookSnapshot> look_at_hook(const CountedInterface& interface,
                                                bpf::HookDirection direction,
                                                const std::string& host_root);

}  // namespace cgtally::monitor
