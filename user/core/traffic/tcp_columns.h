// SPDX-License-Identifier: Apache-2.0
// What the connections of a cgroup have to say beside its traffic, put into its samples. A look at
// the sockets and a sample do not come in the same rhythm: connections and delay are those of the
// last look, and what was sent again is written once, in the first samples that are kept after the
// look that saw it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/traffic/sample.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally {

class TcpColumns {
 public:
  // One look; `complete`: a cgroup that is not in it has no connections.
  void add(const TcpStats& connections, bool complete);
  // Of cgroups that live; a cgroup's are the same on each of its interfaces.
  void fill(std::vector<Sample>& samples) const;
  // The samples that were filled last are kept.
  void commit(const std::vector<Sample>& samples);

 private:
  std::map<std::uint64_t, TcpSummary> last_;
  std::map<std::uint64_t, std::uint64_t> retransmitted_;  // by cgroup, not kept yet
  bool looked_ = false;
  bool fresh_ = false;  // looked since the last commit
  bool complete_ = false;
};

}  // namespace cgtally
