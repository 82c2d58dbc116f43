// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/from_samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/containers/cgroup_identity.h"
#include "core/lifecycle/names.h"

namespace cgtally::lifecycle {
namespace {

// What a pod's other containers take later than that has nothing to do with the end.
constexpr Nanoseconds kLongestAfter = std::chrono::seconds{60};

// A container's own cgroup, or that below it in which podman's crun has the processes.
bool is_container(const Sample& row) {
  if (row.cgroup_id == 0) return false;
  const CgroupIdentity identity = identify_cgroup(row.account);
  if (identity.container_id.empty()) return false;
  return row.account == identity.cgroup || row.account == identity.cgroup + "/container";
}

std::string ledger_of(const Sample& row) { return fmt::format("{} {}", row.host, row.ledger); }
std::string pod_of(const Sample& row) {
  return fmt::format("{} {}/{}", ledger_of(row), row.k8s_namespace, row.pod);
}

Row begin_of(Grouping by, const Sample& row) {
  Row begun;
  begun.at = row.taken;
  begun.host = row.host;
  begun.ledger = row.ledger;
  begun.cgroup_id = row.cgroup_id;
  begun.account = row.account;
  begun.owner = row.owner();
  begun.name = name_of_ends(by, row.account, begun.owner);
  return begun;
}

}  // namespace

FromSamples::Known& FromSamples::know(const Sample& row) {
  const auto begin = begins_.try_emplace(ledger_of(row), row.taken.boot).first;
  const auto [place, fresh] = known_.try_emplace({ledger_of(row), row.cgroup_id});
  Known& known = place->second;
  if (fresh) {
    known.begun = begin_of(by_, row);
    // What has moved nothing before its first row has begun within that row's interval.
    known.from_begin = row.taken.boot > begin->second && row.totals.bytes() == row.delta.bytes();
  }
  // A name that became known later.
  if (known.begun.owner.empty()) {
    known.begun.owner = row.owner();
    known.begun.name = name_of_ends(by_, row.account, known.begun.owner);
  }
  known.totals[row.iface] = row.totals;
  return known;
}

void FromSamples::add(const Sample& row) {
  if (!is_container(row)) {
    begins_.try_emplace(ledger_of(row), row.taken.boot);
    return;
  }
  Known& known = know(row);
  if (!row.pod.empty()) note_sibling(row);
  if (row.state == SampleState::exited) note_end(row, known);
}

void FromSamples::note_end(const Sample& row, Known& known) {
  if (!known.end) {
    known.end = ends_.size();
    End end{.row = known.begun, .siblings = {}};
    end.row.event = Event::ended;
    end.row.at = row.taken;
    if (known.from_begin) end.row.lived = row.taken.boot - known.begun.at.boot;
    ends_.push_back(std::move(end));
    if (!row.pod.empty()) ends_in_pod_[pod_of(row)].push_back(*known.end);
  }
  Traffic sum;
  for (const auto& [iface, totals] : known.totals) sum += totals;
  ends_[*known.end].row.totals = sum;
}

void FromSamples::note_sibling(const Sample& row) {
  const auto in_pod = ends_in_pod_.find(pod_of(row));
  if (in_pod == ends_in_pod_.end()) return;
  for (const std::size_t index : in_pod->second) {
    End& end = ends_[index];
    const Nanoseconds after = row.taken.boot - end.row.at.boot;
    if (!end.watched || row.cgroup_id == end.row.cgroup_id || after <= Nanoseconds{}) continue;
    if (row.container == end.row.owner.container || after > kLongestAfter) {
      end.watched = false;
      continue;
    }
    if (row.delta.rx_packets.value == 0) continue;
    if (!end.row.pod) {
      end.row.pod.emplace();
      end.row.pod->refusals_known = false;
      end.row.pod->state = "recorded";
    }
    InsidePod& pod = *end.row.pod;
    end.siblings.insert(row.container);
    pod.traffic += row.delta;
    pod.quiet = std::max(after, pod.quiet.value_or(after));
    pod.siblings = end.siblings.size();
    pod.names = fmt::format("{}", fmt::join(end.siblings, ", "));
  }
}

std::vector<Row> FromSamples::finish() && {
  std::vector<Row> rows;
  for (auto& [key, known] : known_) {
    if (known.from_begin) rows.push_back(known.begun);
  }
  for (End& end : ends_) rows.push_back(std::move(end.row));
  std::ranges::stable_sort(rows, {}, [](const Row& row) { return row.at.wall; });
  return rows;
}

}  // namespace cgtally::lifecycle
