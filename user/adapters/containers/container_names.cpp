// SPDX-License-Identifier: Apache-2.0
#include "adapters/containers/container_names.h"

#include <algorithm>
#include <utility>

namespace cgtally::containers {
namespace {

constexpr Nanoseconds kFirstPause = std::chrono::seconds(1);
constexpr Nanoseconds kLongestPause = std::chrono::minutes(1);

bool has_files(const CgroupIdentity& identity) {
  return !identity.container_id.empty() || !identity.pod_uid.empty();
}

}  // namespace

ContainerNames::ContainerNames(std::string host_root) : host_root_(std::move(host_root)) {}

// Two generations: when the newer one is full, what nobody asked for since is dropped.
ContainerNames::Entry& ContainerNames::entry_of(const std::string& path) {
  if (const auto found = newer_.find(path); found != newer_.end()) return found->second;
  if (newer_.size() >= kMostRemembered / 2) older_ = std::exchange(newer_, {});
  auto known = older_.extract(path);
  if (!known.empty()) return newer_.insert(std::move(known)).position->second;
  return newer_[path];
}

void ContainerNames::look(Entry& entry, const std::string& path, Nanoseconds now) {
  const CgroupIdentity identity = identify_cgroup(path);
  if (!identity.machine.empty() || !has_files(identity)) {
    entry.name.container = checked_container_name(identity.machine);
    entry.settled = true;
    return;
  }
  // What lies below a container has the container's name, also once the files are gone.
  entry.name = identity.cgroup == path ? find_container_name(host_root_, identity)
                                       : name_of(identity.cgroup, now);
  entry.settled = !entry.name.empty();
  entry.pause = std::clamp(entry.pause * 2, kFirstPause, kLongestPause);
  entry.next = now + entry.pause;
}

ContainerName ContainerNames::name_of(const std::string& path, Nanoseconds now) {
  Entry entry = entry_of(path);  // a copy: looking may move the entries
  if (entry.settled || now < entry.next) return entry.name;
  look(entry, path, now);
  entry_of(path) = entry;
  return entry.name;
}

}  // namespace cgtally::containers
