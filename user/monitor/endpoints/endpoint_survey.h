// SPDX-License-Identifier: Apache-2.0
// The endpoints of one netns as far as they can be listed: its devices and addresses, those of all
// netns that it has an id for, and the owners of these by the processes in them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netns/netns.h"
#include "adapters/netns/process_census.h"
#include "core/base/result.h"
#include "core/endpoints/endpoints.h"

namespace cgtally::monitor {

// NetnsEndpoints has one and tells it what news make doubtful; `status` takes one and drops it. The
// calling thread must be in the netns for all but the plain setters. Writes no map.
class EndpointSurvey {
 public:
  // Nothing is listed yet, and everything wanted.
  static Result<EndpointSurvey> open();

  [[nodiscard]] EndpointFacts& facts() { return facts_; }
  [[nodiscard]] const EndpointFacts& facts() const { return facts_; }

  // What the next list() lists: a netns, or everything.
  void want(int nsid) { unlisted_.insert(nsid); }
  void want_all();
  // The id has been freed, or may be another netns' now.
  void forget(int nsid);
  void forget_owner_of(int nsid);
  [[nodiscard]] bool is_wanting() const { return wants_all_ || !unlisted_.empty(); }
  // Lists what is wanted, and what is found by that. The first Error; the rest is listed all the
  // same.
  Result<void> list();

  // True if owners have to be set from all namespaces, because netns came since that was done.
  [[nodiscard]] bool wants_all_owners() const { return new_peers_; }
  // `all`: the namespaces of all processes, and not only those that have changed.
  using Namespaces = netns::ProcessCensus::Namespaces;
  Result<void> set_owners(const Namespaces& namespaces, bool all,
                          const cgroupfs::HostCgroups& cgroups);

  // Whether the facts have changed since the last call; news change them, too.
  void note_change(bool changed) { changed_ = changed_ || changed; }
  [[nodiscard]] bool has_changed() const { return changed_; }
  [[nodiscard]] EndpointTable table();

 private:
  explicit EndpointSurvey(std::uint64_t inode) : inode_(inode) {}
  Result<void> list_own();
  Result<void> list_peer(int nsid);
  void find_ids(const Namespaces& namespaces, bool all);
  void set_owner(int nsid, const std::vector<std::string>& from_proc,
                 const cgroupfs::HostCgroups& cgroups);

  std::uint64_t inode_;
  EndpointFacts facts_;
  std::set<int> unlisted_;
  std::map<std::uint64_t, int> nsids_;  // by inode
  bool wants_all_ = true;
  bool new_peers_ = true;
  bool changed_ = true;
};

}  // namespace cgtally::monitor
