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

ContainerNames::ContainerNames(std::string host_root, OnRefusal on_refusal)
    : host_root_(std::move(host_root)), on_refusal_(std::move(on_refusal)) {}

// Two generations: when the newer one is full, what nobody asked for since is dropped.
ContainerNames::Entry& ContainerNames::entry_of(const std::string& path) {
  if (const auto found = newer_.find(path); found != newer_.end()) return found->second;
  if (newer_.size() >= kMostRemembered / 2) older_ = std::exchange(newer_, {});
  auto known = older_.extract(path);
  if (!known.empty()) return newer_.insert(std::move(known)).position->second;
  return newer_[path];
}

// Reading such a file may have taken long, and seldom does another time give more.
void ContainerNames::refused(Entry& entry, const std::string& what) {
  entry.pause = kLongestPause;
  if (on_refusal_) std::exchange(on_refusal_, {})(what);
}

void ContainerNames::look(Entry& entry, const std::string& path, Nanoseconds now) {
  const CgroupIdentity identity = identify_cgroup(path);
  if (!identity.machine.empty() || !has_files(identity)) {
    entry.name.container = checked_container_name(identity.machine);
    entry.settled = true;
    return;
  }
  // What lies below a container has the container's name, also once the files are gone.
  if (identity.cgroup == path) {
    FoundName found = find_container_name(host_root_, identity);
    entry.name = std::move(found.name);
    if (!found.refused.empty()) refused(entry, found.refused);
  } else {
    entry.name = name_of(identity.cgroup, now);
  }
  // The pod's logs come before the container's.
  entry.settled =
      !entry.name.container.empty() || (identity.container_id.empty() && !entry.name.empty());
  entry.pause = std::clamp(entry.pause * 2, kFirstPause, kLongestPause);
  entry.next = now + entry.pause;
}

ContainerName ContainerNames::name_of(const std::string& path, Nanoseconds now) {
  const Entry& known = entry_of(path);
  if (known.settled || now < known.next) return known.name;
  Entry entry = known;  // a copy: looking may move the entries
  look(entry, path, now);
  entry_of(path) = entry;
  return entry.name;
}

Nanoseconds ContainerNames::next_look(const std::string& path) {
  const Entry& entry = entry_of(path);
  return entry.settled ? Nanoseconds::max() : entry.next;
}

}  // namespace cgtally::containers
