// SPDX-License-Identifier: Apache-2.0
// The endpoints of one netns in which something is counted: the kernel's maps follow the news of
// its devices and of all netns that they lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bpf/programs/endpoint_maps.h"
#include "adapters/bpf/programs/origin_hooks.h"
#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netlink/peers/netns_news.h"
#include "adapters/netns/netns.h"
#include "adapters/netns/process_census.h"
#include "core/base/result.h"
#include "core/endpoints/endpoints.h"
#include "monitor/endpoints/owner_schedule.h"

namespace cgtally::monitor {

// EndpointWatcher has one for each netns, and calls it when there is something to read or when a
// time has come. Holds the netns open: destroy it when its uplink goes. What it cannot do is an
// Error to report once; it goes on with the rest.
class NetnsEndpoints {
 public:
  // The calling thread must be in the netns. Lists nothing yet.
  static Result<NetnsEndpoints> open(bpf::EndpointMaps maps, bpf::OriginHooks hooks);

  // Readable when there is news.
  [[nodiscard]] int fd() const { return news_.fd(); }
  [[nodiscard]] std::uint64_t inode() const { return netns_.inode(); }

  // The indexes of counted interfaces that are no endpoint's devices. True if they were others; the
  // maps follow with the next news.
  bool exclude(const std::set<int>& ifindexes) {
    changed_ = facts_.set_excluded(ifindexes) || changed_;
    return changed_;
  }
  // Lists everything and writes the maps.
  Result<void> start(Nanoseconds now);
  // What is removed leaves the kernel's maps at once; what comes is written a moment later,
  // together with what else comes until then.
  Result<void> process_news(Nanoseconds now);
  // Lists and writes what waits for it. To be called when due() has come.
  Result<void> process_due(Nanoseconds now);
  [[nodiscard]] std::optional<Nanoseconds> due() const;
  // Attaches again where somebody took a program away.
  void reattach();

  // When owners are to be looked for, because an endpoint has none yet.
  [[nodiscard]] std::optional<Nanoseconds> owners_due() const { return schedule_.due(); }
  // True if the owners of all netns are wanted, and not only of those that have changed.
  [[nodiscard]] bool wants_all_owners() const { return new_peers_; }
  // From a look at the processes that began at `began`. `all`: not only what has changed since the
  // look before.
  using Namespaces = netns::ProcessCensus::Namespaces;
  Result<void> set_owners(const Namespaces& namespaces, bool all,
                          const cgroupfs::HostCgroups& cgroups, Nanoseconds began);

  [[nodiscard]] const EndpointTable& table() const { return table_; }
  [[nodiscard]] std::size_t hook_count() const { return hooks_.size(); }
  // Empties the maps and detaches.
  void stop();

 private:
  NetnsEndpoints(netns::Netns netns, netlink::NetnsNews news, bpf::EndpointMaps maps,
                 bpf::OriginHooks hooks);
  void apply(const netlink::NetnsEvent& event, Nanoseconds now);
  void apply(std::optional<int> nsid, const netlink::NetnsEvent::Link& link);
  void apply(std::optional<int> nsid, const netlink::NetnsEvent::Address& address);
  void apply(const netlink::NetnsEvent::Id& id, Nanoseconds now);
  Result<void> list();
  Result<void> list_own();
  Result<void> list_unlisted();
  Result<void> list_peer(int nsid);
  Result<void> write(Nanoseconds now);
  void find_ids(const Namespaces& namespaces, bool all);
  void set_owner(int nsid, const std::vector<std::string>& from_proc,
                 const cgroupfs::HostCgroups& cgroups);

  netns::Netns netns_;
  netlink::NetnsNews news_;
  bpf::EndpointMaps maps_;
  bpf::OriginHooks hooks_;
  EndpointFacts facts_;
  EndpointTable table_;
  OwnerSchedule schedule_;
  bool changed_ = true;    // the facts have, since the table was made
  bool new_peers_ = true;  // some came since the owners of all netns were set
  Nanoseconds write_took_{};
  std::optional<Nanoseconds> write_due_;
  bool list_all_ = false;                // news were lost
  std::set<int> unlisted_;               // ids of netns that are to be listed
  std::map<int, Nanoseconds> doubtful_;  // ids that were freed while a device led to them
  std::map<std::uint64_t, int> nsids_;   // by inode
};

}  // namespace cgtally::monitor
