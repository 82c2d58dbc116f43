// SPDX-License-Identifier: Apache-2.0
// The TCP columns of samples: connections, queueing delay and retransmitted bytes of the cgroup.
// Sockets are read at other times than samples are taken, so connections and delay are those of the
// last socket dump; retransmitted bytes are written once, in the first samples that are kept after
// the dump that found them.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/traffic/sample.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally {

// Used by the writer of samples, between the sampler and the CSV.
class TcpColumns {
 public:
  // Adds a socket dump; if it is `complete`, a cgroup that is not in it has no connections.
  void add(const TcpStats& connections, bool complete);
  // Fills the columns of cgroups that have not ended; they are the same on each interface.
  void fill(std::vector<Sample>& samples) const;
  // The samples that were filled last are kept.
  void commit(const std::vector<Sample>& samples);

 private:
  std::map<std::uint64_t, TcpSummary> last_;
  std::map<std::uint64_t, std::uint64_t> retransmitted_;  // by cgroup, in no kept sample yet
  bool has_dump_ = false;
  bool fresh_ = false;  // a dump came since the last commit
  bool complete_ = false;
};

}  // namespace cgtally
