// SPDX-License-Identifier: Apache-2.0
// The network namespaces that containers share, and which containers: from looks at the processes,
// and from what the kernel tells of cgroups between two looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netns/process_census.h"
#include "adapters/netns/tcp_counters.h"
#include "core/base/units.h"
#include "core/lifecycle/aftermath_observer.h"

namespace cgtally::monitor {

// A container in a pod.
struct PodMember {
  std::set<std::uint64_t> cgroups;     // ids: its own, and those below in which its processes are
  std::vector<std::string> processes;  // "/proc/PID", one of each of these cgroups
  Nanoseconds found{};
  bool alive = true;
};

// A netns in which containers are, not the host's own. Holds the netns while `counters` is open.
struct Pod {
  std::uint64_t netns = 0;                     // its inode
  std::map<std::uint64_t, PodMember> members;  // by the id of the container's own cgroup
  std::string witness;                         // a process that was in it lately
  std::optional<netns::TcpCounters> counters;
  RefusalHistory history;
  std::size_t watches = 0;  // of ends in it, which need the counters
  bool lost = false;        // no process of it is known; a look will tell

  [[nodiscard]] std::size_t living() const;
  // Reads the counters, if they are open, and keeps them.
  std::optional<NetnsTcpCounts> read(Nanoseconds now);
  // Whether a process that is known of is still in it.
  [[nodiscard]] bool has_process();
  // Opens the counters where they are needed, and closes them where they are not.
  void open_or_close(Nanoseconds now);
};

// All of them. AftermathWatcher has one and tells it all that it hears.
class Pods {
 public:
  explicit Pods(const cgroupfs::HostCgroups& cgroups) : cgroups_(cgroups) {}

  // From a look at the processes: at all namespaces, or at those that have changed. Returns the
  // pods that have gone, with their counters still open.
  using Namespaces = netns::ProcessCensus::Namespaces;
  std::vector<Pod> update(const Namespaces& namespaces, bool all,
                          const netns::ProcessCensus& census, Nanoseconds now);
  [[nodiscard]] bool some_are_lost() const;
  // The pod of the container with that cgroup; null if it is none that is known of.
  [[nodiscard]] Pod* find_by_member(std::uint64_t cgroup_id);
  [[nodiscard]] Pod* find(std::uint64_t netns);
  // Takes it out: it has no process any more.
  std::optional<Pod> remove(std::uint64_t netns);
  [[nodiscard]] std::map<std::uint64_t, Pod>& all() { return pods_; }
  // A cgroup was made: what is remembered of its path was of another one. Without a path: anything.
  void forget_path(const std::string& path);

 private:
  struct Ids {
    std::uint64_t container = 0;
    std::uint64_t own = 0;
  };
  Ids ids_of(const std::string& from_proc);
  void update(Pod& pod, const netns::ProcessCensus::Namespace& found,
              const netns::ProcessCensus& census, Nanoseconds now);

  const cgroupfs::HostCgroups& cgroups_;
  std::map<std::uint64_t, Pod> pods_;                       // by netns
  std::unordered_map<std::uint64_t, std::uint64_t> netns_;  // by the container's cgroup id
  std::unordered_map<std::string, Ids> ids_;                // by the path from the host's root
};

}  // namespace cgtally::monitor
