// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/history.h"

#include <algorithm>

#include "core/containers/cgroup_identity.h"

namespace cgtally::lifecycle {
namespace {

// "proxy, log" as names.
void add_names(std::set<std::string>& names, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    names.emplace(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
}

// As the runtime takes it: of a container that has no name its short id.
std::string own_name(const Row& row) {
  if (!row.owner.container.empty()) return row.owner.container;
  const std::string id = identify_cgroup(row.account).container_id;
  return id.empty() ? row.label() : id.substr(0, 12);
}

}  // namespace

Manager manager_of(const Row& row) {
  if (!row.owner.k8s_namespace.empty()) return Manager::kubernetes;
  if (!row.owner.pod.empty()) return Manager::ecs;
  const CgroupIdentity identity = identify_cgroup(row.account);
  if (!identity.pod_uid.empty()) return Manager::kubernetes;
  switch (identity.runtime) {
    case ContainerRuntime::docker:
      return Manager::docker;
    case ContainerRuntime::podman:
      return Manager::podman;
    case ContainerRuntime::none:
      return identity.unit.empty() ? Manager::other : Manager::systemd;
    default:
      return Manager::other;
  }
}

Ends EndHistory::ends_of(const Name& name) {
  std::vector<Nanoseconds> tails;
  Ends ends{.count = name.ends.size()};
  for (const One& one : name.ends) {
    tails.push_back(one.tail);
    ends.lossy += one.lossy ? 1U : 0U;
  }
  if (tails.empty()) return ends;
  std::ranges::sort(tails);
  const std::size_t half = tails.size() / 2;
  ends.median = tails.size() % 2 == 1 ? tails[half] : (tails[half - 1] + tails[half]) / 2;
  ends.worst = tails.back();
  return ends;
}

void EndHistory::forget_one() {
  const auto oldest =
      std::ranges::min_element(names_, {}, [](const auto& entry) { return entry.second.used; });
  names_.erase(oldest);
}

Ends EndHistory::add(const Row& row) {
  const auto tail = tail_of(row);
  if (!tail) {
    const auto known = names_.find(row.name);
    return known == names_.end() ? Ends{} : ends_of(known->second);
  }
  if (!names_.contains(row.name) && names_.size() == kMostNames) forget_one();
  Name& name = names_[row.name];
  name.container = own_name(row);
  name.manager = manager_of(row);
  name.used = ++uses_;
  name.ends.push_back({.tail = *tail,
                       .lossy = lost_something(row),
                       .so_far = row.extent == Extent::so_far,
                       .refused = row.pod ? row.pod->refused + row.pod->refused_before : 0,
                       .late = row.late.packets.value,
                       .connections = row.late.connections,
                       .siblings = row.pod ? row.pod->names : std::string()});
  if (name.ends.size() > kEndsOfName) name.ends.pop_front();
  return ends_of(name);
}

std::vector<Evidence> EndHistory::lossy() const {
  std::vector<Evidence> all;
  for (const auto& [name, known] : names_) {
    Evidence evidence{.name = name,
                      .container = known.container,
                      .manager = known.manager,
                      .ends = ends_of(known),
                      .siblings = {}};
    if (evidence.ends.lossy == 0) continue;
    for (const One& one : known.ends) {
      if (!one.lossy) continue;
      evidence.refused += one.refused;
      evidence.late += one.late;
      evidence.connections += one.connections;
      evidence.still_came = evidence.still_came || one.so_far;
      add_names(evidence.siblings, one.siblings);
    }
    all.push_back(std::move(evidence));
  }
  std::ranges::stable_sort(all, std::ranges::greater{},
                           [](const Evidence& one) { return one.ends.worst; });
  return all;
}

}  // namespace cgtally::lifecycle
