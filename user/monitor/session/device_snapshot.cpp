// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/device_snapshot.h"

#include <utility>

namespace cgtally::monitor {
namespace {

using Snapshots = std::map<InterfaceKey, Result<DeviceSnapshot>>;

std::map<NetnsId, std::vector<const CountedInterface*>> by_netns(
    const std::vector<CountedInterface>& interfaces) {
  std::map<NetnsId, std::vector<const CountedInterface*>> grouped;
  for (const CountedInterface& interface : interfaces) {
    grouped[interface.netns_id].push_back(&interface);
  }
  return grouped;
}

void add_devices(Snapshots& snapshots, const std::vector<const CountedInterface*>& here) {
  std::vector<int> ifindexes;
  for (const CountedInterface* one : here) ifindexes.push_back(one->ifindex);
  auto devices = netlink::device_counters(ifindexes);
  for (std::size_t at = 0; at < here.size(); ++at) {
    auto& device = devices[at];
    snapshots.emplace(here[at]->key,
                      device ? Result<DeviceSnapshot>({.device = *std::move(device), .queue = {}})
                             : std::unexpected(std::move(device).error()));
  }
}

// One dump has the queues of all devices of the netns.
void add_queues(Snapshots& snapshots, const std::vector<const CountedInterface*>& here) {
  const auto queues = netlink::root_qdiscs();
  for (const CountedInterface* one : here) {
    auto& snapshot = snapshots.at(one->key);
    if (!snapshot || !queues) {
      continue;
    }
    if (const auto found = queues->find(one->ifindex); found != queues->end()) {
      snapshot->queue = found->second;
    }
  }
}

}  // namespace

Result<netns::Entered> enter_netns_of(const CountedInterface& interface,
                                      const std::string& host_root) {
  const auto netns = netns::Netns::find(interface.netns_id, interface.netns, host_root);
  if (!netns) return std::unexpected(netns.error());
  return netns::Entered::enter(*netns);
}

CoverageReading DeviceSnapshot::beside(const Traffic& totals, Nanoseconds boot) const {
  return {.boot = boot,
          .device = device.carried,
          .counted = totals,
          .queued_bytes = queue.backlog_bytes,
          .queued_packets = queue.backlog_packets,
          .dropped = queue.drops + device.tx_dropped,
          .running = device.running};
}

Snapshots snapshot_devices(const std::vector<CountedInterface>& interfaces,
                           const std::string& host_root) {
  Snapshots snapshots;
  for (const auto& [netns_id, here] : by_netns(interfaces)) {
    const auto entered = enter_netns_of(*here.front(), host_root);
    if (!entered) {
      for (const CountedInterface* one : here) {
        snapshots.emplace(one->key, std::unexpected(entered.error()));
      }
      continue;
    }
    add_devices(snapshots, here);
    add_queues(snapshots, here);
  }
  return snapshots;
}

std::map<InterfaceKey, netlink::QdiscStats> snapshot_queues(
    const std::vector<CountedInterface>& interfaces, const std::string& host_root) {
  std::map<InterfaceKey, netlink::QdiscStats> found;
  for (const auto& [netns_id, here] : by_netns(interfaces)) {
    const auto entered = enter_netns_of(*here.front(), host_root);
    if (!entered) continue;
    const auto queues = netlink::root_qdiscs();
    if (!queues) continue;
    for (const CountedInterface* one : here) {
      const auto queue = queues->find(one->ifindex);
      if (queue != queues->end()) found.emplace(one->key, queue->second);
    }
  }
  return found;
}

Result<HookSnapshot> snapshot_hook(const CountedInterface& interface, bpf::HookDirection direction,
                                   const std::string& host_root) {
  const auto entered = enter_netns_of(interface, host_root);
  if (!entered) return std::unexpected(entered.error());
  const auto chain = bpf::chain_at(interface.ifindex, direction);
  if (!chain) return std::unexpected(chain.error());
  const std::uint32_t own = interface.program_ids[direction == bpf::HookDirection::ingress ? 0 : 1];
  HookSnapshot snapshot{.attached = bpf::is_in(*chain, own), .before = {}};
  if (snapshot.attached) {
    for (const bpf::ChainedProgram& program : bpf::before(*chain, own)) {
      snapshot.before.push_back(bpf::describe(program));
    }
  }
  return snapshot;
}

}  // namespace cgtally::monitor
