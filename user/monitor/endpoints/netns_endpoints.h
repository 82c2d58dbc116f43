// SPDX-License-Identifier: Apache-2.0
// The endpoints of one netns in which something is counted: the kernel's maps follow the news of
// its devices and of all netns that they lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "adapters/bpf/programs/endpoint_maps.h"
#include "adapters/bpf/programs/origin_hooks.h"
#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netlink/peers/netns_news.h"
#include "adapters/netns/netns.h"
#include "adapters/netns/process_census.h"
#include "core/base/result.h"
#include "core/endpoints/endpoints.h"
#include "monitor/endpoints/endpoint_survey.h"
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
    survey_.note_change(survey_.facts().set_excluded(ifindexes));
    return survey_.has_changed();
  }
  // Lists everything and writes the maps.
  Result<void> start(Nanoseconds now);
  // What is removed leaves the kernel's maps at once; what comes is written a moment later,
  // together with what else comes until then.
  void process_news(Nanoseconds now);
  // Lists and writes what waits for it. To be called when due() has come.
  Result<void> process_due(Nanoseconds now);
  [[nodiscard]] std::optional<Nanoseconds> due() const;
  // To be called once a second: the programs believe only what is kept.
  void keep(Nanoseconds now) { maps_.keep(now); }
  // Attaches again where somebody took a program away.
  void reattach();

  // When owners are to be looked for, because an endpoint has none yet.
  [[nodiscard]] std::optional<Nanoseconds> owners_due() const { return schedule_.due(); }
  // True if the owners of all netns are wanted, and not only of those that have changed.
  [[nodiscard]] bool wants_all_owners() const { return survey_.wants_all_owners(); }
  // From a look at the processes that began at `began`. `all`: not only what has changed since the
  // look before.
  using Namespaces = EndpointSurvey::Namespaces;
  Result<void> set_owners(const Namespaces& namespaces, bool all,
                          const cgroupfs::HostCgroups& cgroups, Nanoseconds began);

  [[nodiscard]] const EndpointTable& table() const { return table_; }
  // Empties the maps and detaches.
  void stop();

 private:
  NetnsEndpoints(netns::Netns netns, netlink::NetnsNews news, EndpointSurvey survey,
                 bpf::EndpointMaps maps, bpf::OriginHooks hooks);
  void apply(const netlink::NetnsEvent& event, Nanoseconds now);
  void apply(std::optional<int> nsid, const netlink::NetnsEvent::Link& link);
  void apply(std::optional<int> nsid, const netlink::NetnsEvent::Address& address);
  void apply(const netlink::NetnsEvent::Id& id, Nanoseconds now);
  Result<void> write(Nanoseconds now);

  netns::Netns netns_;
  netlink::NetnsNews news_;
  EndpointSurvey survey_;
  bpf::EndpointMaps maps_;
  bpf::OriginHooks hooks_;
  EndpointTable table_;
  OwnerSchedule schedule_;
  Nanoseconds write_took_{};
  std::optional<Nanoseconds> write_due_;
  std::map<int, Nanoseconds> doubtful_;  // ids that were freed while a device led to them
};

}  // namespace cgtally::monitor
