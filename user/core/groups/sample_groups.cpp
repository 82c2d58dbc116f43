// SPDX-License-Identifier: Apache-2.0
#include "core/groups/sample_groups.h"

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

template <typename Value>
void add_known(std::optional<Value>& sum, const std::optional<Value>& more) {
  if (!more) return;
  sum = sum.value_or(Value{});
  *sum += *more;
}

}  // namespace

Sample as_group(Grouping by, Sample sample) {
  auto group = group_of(by, sample.account, sample.owner());
  if (!group) return sample;
  sample.cgroup_id = kFirstGroupId;
  sample.account = std::move(group->account);
  sample.container = std::move(group->owner.container);
  sample.pod = std::move(group->owner.pod);
  sample.k8s_namespace = std::move(group->owner.k8s_namespace);
  return sample;
}

void SampleGroups::join(const Sample& row, Sample named) {
  Group& group = groups_[{named.host, named.ledger, named.iface, named.account}];
  group.totals += group.has_rows ? row.delta : row.totals;
  if (row.state == SampleState::exited) {
    group.alive.erase(row.cgroup_id);
  } else {
    group.alive.insert(row.cgroup_id);
  }
  if (!group.place) {
    group.place = rows_.size();
    rows_.push_back(std::move(named));
  } else {
    Sample& sum = rows_[*group.place];
    sum.delta += row.delta;
    sum.has_tcp_counts &= row.has_tcp_counts;
    sum.interval = std::max(sum.interval, row.interval);
    add_known(sum.tcp_connections, row.tcp_connections);
    add_known(sum.retransmitted, row.retransmitted);
    // The quantile of all is at most that of the worst.
    sum.queue_delay_p99 = std::max(sum.queue_delay_p99, row.queue_delay_p99);
  }
  Sample& sum = rows_[*group.place];
  sum.totals = group.totals;
  sum.state = group.alive.empty() ? SampleState::exited : SampleState::live;
}

std::vector<Sample> SampleGroups::add(const Sample& row) {
  std::vector<Sample> done;
  if (!rows_.empty() && rows_.back().taken.boot != row.taken.boot) done = finish();
  Sample named = as_group(by_, row);
  if (named.account == row.account) {
    rows_.push_back(row);
  } else {
    join(row, std::move(named));
  }
  return done;
}

std::vector<Sample> SampleGroups::finish() {
  for (auto& [key, group] : groups_) {
    group.has_rows = group.has_rows || group.place.has_value();
    group.place.reset();
  }
  return std::exchange(rows_, {});
}

}  // namespace cgtally
