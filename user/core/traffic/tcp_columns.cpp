// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/tcp_columns.h"

namespace cgtally {

void TcpColumns::add(const TcpStats& connections, bool complete) {
  last_ = connections.by_cgroup();
  complete_ = complete;
  has_dump_ = true;
  fresh_ = true;
  std::erase_if(retransmitted_, [this](const auto& item) { return !last_.contains(item.first); });
  for (const auto& [cgroup, summary] : last_) {
    if (summary.retransmitted.value > 0) {
      retransmitted_[cgroup] += summary.retransmitted.value;
    }
  }
}

void TcpColumns::fill(std::vector<Sample>& samples) const {
  for (Sample& sample : samples) {
    if (!has_dump_ || sample.cgroup_id == 0 || sample.state == SampleState::exited) {
      continue;
    }
    const auto found = last_.find(sample.cgroup_id);
    if (found == last_.end() && !complete_) {
      continue;
    }
    const TcpSummary summary = found == last_.end() ? TcpSummary{} : found->second;
    sample.tcp_connections = summary.connections;
    sample.queue_delay_p99 = summary.queue_delay_p99;
    if (fresh_) {
      const auto again = retransmitted_.find(sample.cgroup_id);
      sample.retransmitted = Bytes{again == retransmitted_.end() ? 0 : again->second};
    }
  }
}

void TcpColumns::commit(const std::vector<Sample>& samples) {
  for (const Sample& sample : samples) {
    if (sample.retransmitted) {
      retransmitted_.erase(sample.cgroup_id);
    }
  }
  fresh_ = false;
}

}  // namespace cgtally
