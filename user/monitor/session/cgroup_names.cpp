// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/cgroup_names.h"

#include <fmt/core.h>

#include <utility>

#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/clock.h"

namespace cgtally::monitor {

Result<CgroupNames> CgroupNames::find(const std::string& host_root, Notices& notices) {
  auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) return std::unexpected(mount.error());
  if (cgroupfs::pods_in_cgroup_v1(host_root)) {
    notices.report(
        "containers live in cgroup v1: all of them are on '/'; "
        "boot with systemd.unified_cgroup_hierarchy=1 to tell them apart");
  }
  return CgroupNames(
      std::move(*mount), containers::ContainerNames(host_root, [&notices](const auto& refused) {
        notices.report(fmt::format(
            "{}: its container is shown without a name; cgtally doctor says how many are",
            refused));
      }));
}

Result<void> CgroupNames::start() {
  auto events = bpf::CgroupEvents::open();
  if (!events) return std::unexpected(events.error());
  events_.emplace(std::move(*events));
  // The kernel collects events already, so they tell what is made or removed during the walk.
  names_.seed(mount_);
  process_events();
  return {};
}

Result<void> CgroupNames::follow_changes(sys::Poller& poller) {
  return poller.add(events_->fd(), [this] { process_events(); });
}

void CgroupNames::note_creation(const bpf::CgroupEvent& event) {
  if (event.parent_id) {
    names_.made_below(event.cgroup_id, *event.parent_id, event.path);
  } else {
    names_.made(event.cgroup_id, std::string(event.path));
  }
  // Now, because the files of a container that ends at once go with it.
  (void)name_of(event.cgroup_id);
}

AccountName CgroupNames::name_of(std::uint64_t cgroup_id) const {
  cgroupfs::Names::Cgroup* cgroup = names_.find(cgroup_id);
  if (cgroup == nullptr) return names_.name_of(cgroup_id);
  if (cgroup->known && now_ >= cgroup->ask_again) {
    cgroup->shown.owner = containers_.name_of(cgroup->path, now_);
    cgroup->ask_again = containers_.next_look(cgroup->path);
  }
  return cgroup->shown;
}

void CgroupNames::process_creations() {
  now_ = sys::now().boot;
  events_->drain([this](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      note_creation(event);
    } else if (event.type == bpf::CgroupEvent::Type::removed) {
      pending_removals_.push_back(event.cgroup_id);
    }
  });
}

void CgroupNames::process_events() {
  now_ = sys::now().boot;
  for (const std::uint64_t id : std::exchange(pending_removals_, {})) {
    names_.removed(id);
  }
  events_->drain([this](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      note_creation(event);
    } else if (event.type == bpf::CgroupEvent::Type::removed) {
      names_.removed(event.cgroup_id);
    }
  });
  // If events were lost, another walk finds the cgroups that exist and those that are missing.
  if (const std::uint64_t lost = events_->lost(); lost != lost_events_) {
    lost_events_ = lost;
    if (cgroupfs::is_cgroup2(mount_)) names_.seed(mount_);
  }
}

}  // namespace cgtally::monitor
