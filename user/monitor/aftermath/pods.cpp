// SPDX-License-Identifier: Apache-2.0
#include "monitor/aftermath/pods.h"

#include <algorithm>
#include <utility>

#include "core/containers/cgroup_identity.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostPaths = 65'536;
constexpr std::size_t kEnoughMembers = 2;  // in fewer there is nobody to be refused

}  // namespace

std::size_t Pod::living() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(members, [](const auto& item) { return item.second.alive; }));
}

std::optional<NetnsTcpCounts> Pod::read(Nanoseconds now) {
  const auto counts = counters ? counters->read() : std::nullopt;
  if (counts) history.add(*counts, now);
  if (watches > 0) history.end_run();
  return counts;
}

bool Pod::has_process() {
  if (!witness.empty() && netns::is_in_netns(witness, netns)) return true;
  for (const auto& [id, member] : members) {
    for (const std::string& process : member.processes) {
      if (!netns::is_in_netns(process, netns)) continue;
      witness = process;
      return true;
    }
  }
  witness.clear();
  return false;
}

void Pod::open_or_close(Nanoseconds now) {
  if (lost || (watches == 0 && living() < kEnoughMembers)) {
    counters.reset();
  } else if (!counters && has_process()) {
    if (auto opened = netns::TcpCounters::open(witness, netns))
      counters.emplace(*std::move(opened));
    read(now);
  }
}

Pods::Ids Pods::ids_of(const std::string& from_proc) {
  const std::string path = cgroups_.absolute(from_proc);
  if (path.empty()) return {};
  if (const auto known = ids_.find(path); known != ids_.end()) return known->second;
  const std::string container = identify_cgroup(path).cgroup;
  const Ids ids{.container = cgroups_.id_of(container.empty() ? path : container),
                .own = cgroups_.id_of(path)};
  if (ids_.size() >= kMostPaths) ids_.clear();
  if (ids.own != 0) ids_.emplace(path, ids);
  return ids;
}

void Pods::forget_path(const std::string& path) {
  if (path.empty()) return ids_.clear();
  ids_.erase(path);
}

void Pods::update(Pod& pod, const netns::ProcessCensus::Namespace& found,
                  const netns::ProcessCensus& census, Nanoseconds now) {
  std::set<std::uint64_t> seen;
  for (std::size_t i = 0; i < found.cgroups.size(); ++i) {
    const Ids ids = ids_of(found.cgroups.at(i));
    if (ids.container == 0) continue;
    const auto [at, is_new] = pod.members.try_emplace(ids.container);
    PodMember& member = at->second;
    if (is_new) member.found = now;
    if (seen.insert(ids.container).second) member.processes.clear();
    member.alive = true;
    member.cgroups.insert({ids.container, ids.own});
    member.processes.push_back(census.directory_of(found.pids.at(i)));
  }
  for (auto& [id, member] : pod.members) member.alive = member.alive && seen.contains(id);
  // Of a pod whose containers end again and again, the dead are many.
  if (pod.watches == 0) {
    std::erase_if(pod.members, [&](const auto& item) {
      if (item.second.alive) return false;
      netns_.erase(item.first);
      return true;
    });
  }
  pod.lost = false;
  for (const auto& [id, member] : pod.members) netns_[id] = pod.netns;
  pod.open_or_close(now);
}

std::vector<Pod> Pods::update(const Namespaces& namespaces, bool all,
                              const netns::ProcessCensus& census, Nanoseconds now) {
  std::vector<std::uint64_t> without;
  for (const auto& [inode, found] : namespaces) {
    if (found.path.empty()) {
      without.push_back(inode);
    } else if (!found.cgroups.empty()) {
      Pod& pod = pods_[inode];
      pod.netns = inode;
      update(pod, found, census, now);
    }
  }
  for (const auto& [inode, pod] : pods_) {
    if (all && !namespaces.contains(inode)) without.push_back(inode);
  }
  std::vector<Pod> gone;
  for (const std::uint64_t inode : without) {
    if (auto pod = remove(inode)) gone.push_back(*std::move(pod));
  }
  return gone;
}

bool Pods::some_are_lost() const {
  return std::ranges::any_of(pods_, [](const auto& item) { return item.second.lost; });
}

Pod* Pods::find(std::uint64_t netns) {
  const auto found = pods_.find(netns);
  return found == pods_.end() ? nullptr : &found->second;
}

Pod* Pods::find_by_member(std::uint64_t cgroup_id) {
  const auto found = netns_.find(cgroup_id);
  return found == netns_.end() ? nullptr : find(found->second);
}

std::optional<Pod> Pods::remove(std::uint64_t netns) {
  auto node = pods_.extract(netns);
  if (node.empty()) return std::nullopt;
  for (const auto& [id, member] : node.mapped().members) netns_.erase(id);
  return std::move(node.mapped());
}

}  // namespace cgtally::monitor
