// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/cgroup_names.h"

#include <utility>

#include "adapters/cgroupfs/mount.h"

namespace cgtally::monitor {

Result<CgroupNames> CgroupNames::find(const std::string& host_root, Notices& notices) {
  auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) {
    return std::unexpected(mount.error());
  }
  if (cgroupfs::pods_in_cgroup_v1(host_root)) {
    notices.report(
        "containers live in cgroup v1: all of them are on '/'; "
        "boot with systemd.unified_cgroup_hierarchy=1 to tell them apart");
  }
  return CgroupNames(std::move(*mount));
}

Result<void> CgroupNames::begin() {
  auto events = bpf::CgroupEvents::open();
  if (!events) {
    return std::unexpected(events.error());
  }
  events_.emplace(std::move(*events));
  // Events are already collected: what is born or dies during the walk is told by them.
  names_.seed(mount_);
  take_events();
  return {};
}

Result<void> CgroupNames::offer_to(sys::Poller& poller) {
  return poller.add(events_->fd(), [this] { take_events(); });
}

void CgroupNames::take_births() {
  events_->drain([this](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      names_.made(event.cgroup_id, std::string(event.path));
    } else {
      removed_later_.push_back(event.cgroup_id);
    }
  });
}

void CgroupNames::take_events() {
  for (const std::uint64_t id : std::exchange(removed_later_, {})) {
    names_.removed(id);
  }
  events_->drain([this](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      names_.made(event.cgroup_id, std::string(event.path));
    } else {
      names_.removed(event.cgroup_id);
    }
  });
  // Lost events are made good by another look at the tree: it finds the living and the missing.
  if (const std::uint64_t lost = events_->lost(); lost != lost_events_) {
    lost_events_ = lost;
    names_.seed(mount_);
  }
}

}  // namespace cgtally::monitor
