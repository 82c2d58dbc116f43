// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/device_snapshot.h"

namespace cgtally::monitor {
namespace {

using Queues = Result<std::map<int, netlink::QdiscStats>>;

Result<DeviceSnapshot> look_at(const CountedInterface& interface) {
  auto device = netlink::device_counters(interface.ifindex);
  if (!device) {
    return std::unexpected(std::move(device).error());
  }
  return DeviceSnapshot{.device = *std::move(device), .queue = {}};
}

// One dump tells the queues of all.
void add_queues(std::map<InterfaceKey, Result<DeviceSnapshot>>& looks,
                const std::vector<const CountedInterface*>& here) {
  const Queues queues = netlink::root_qdiscs();
  for (const CountedInterface* one : here) {
    auto& look = looks.at(one->key);
    if (!look || !queues) {
      continue;
    }
    if (const auto found = queues->find(one->ifindex); found != queues->end()) {
      look->queue = found->second;
    }
  }
}

}  // namespace

Result<netns::Entered> enter_netns_of(const CountedInterface& interface,
                                      const std::string& host_root) {
  const auto where = netns::Netns::find(interface.netns_id, interface.netns, host_root);
  if (!where) {
    return std::unexpected(where.error());
  }
  return netns::Entered::enter(*where);
}

CoverageReading DeviceSnapshot::against(const Traffic& booked, Nanoseconds boot) const {
  return {.boot = boot,
          .device = device.carried,
          .counted = booked,
          .queued_bytes = queue.backlog_bytes,
          .queued_packets = queue.backlog_packets};
}

std::map<InterfaceKey, Result<DeviceSnapshot>> look_at_devices(
    const std::vector<CountedInterface>& interfaces, const std::string& host_root) {
  std::map<NetnsId, std::vector<const CountedInterface*>> by_netns;
  for (const CountedInterface& interface : interfaces) {
    by_netns[interface.netns_id].push_back(&interface);
  }
  std::map<InterfaceKey, Result<DeviceSnapshot>> looks;
  for (const auto& [inode, here] : by_netns) {
    const auto entered = enter_netns_of(*here.front(), host_root);
    for (const CountedInterface* one : here) {
      looks.emplace(one->key, entered ? look_at(*one) : std::unexpected(entered.error()));
    }
    if (entered) {
      add_queues(looks, here);
    }
  }
  return looks;
}

Result<HookSnapshot> look_at_hook(const CountedInterface& interface, bpf::HookDirection direction,
                                  const std::string& host_root) {
  const auto entered = enter_netns_of(interface, host_root);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  const auto chain = bpf::chain_at(interface.ifindex, direction);
  if (!chain) {
    return std::unexpected(chain.error());
  }
  const std::uint32_t own = interface.program_ids[direction == bpf::HookDirection::ingress ? 0 : 1];
  HookSnapshot look{.attached = bpf::is_in(*chain, own), .before = {}};
  if (look.attached) {
    for (const bpf::ChainedProgram& program : bpf::before(*chain, own)) {
      look.before.push_back(bpf::describe(program));
    }
  }
  return look;
}

}  // namespace cgtally::monitor
