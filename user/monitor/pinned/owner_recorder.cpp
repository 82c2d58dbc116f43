// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/owner_recorder.h"

#include <unordered_set>

#include "adapters/sys/clock.h"
#include "core/containers/cgroup_identity.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostSettled = 131'072;
// The keeper reads ten times a second, and the files are not looked at so often.
constexpr Nanoseconds kLookAgainAfter = std::chrono::seconds(1);

}  // namespace

OwnerRecorder::OwnerRecorder(const bpf::Ledger& ledger, const std::string& host_root)
    : registry_(ledger.fd("names"), ledger.fd("removed")),
      owners_(ledger.fd("owner_names")),
      containers_(host_root),
      remembered_(owners_.size()) {}

void OwnerRecorder::follow_changes(sys::Poller& poller) {
  auto events = bpf::CgroupEvents::open();
  if (!events) return;
  events_.emplace(*std::move(events));
  (void)poller.add(events_->fd(), [this] { note_creations(); });
}

void OwnerRecorder::note_creations() {
  const Nanoseconds now = sys::now().boot;
  events_->drain([&](const bpf::CgroupEvent& event) {
    // A path that the kernel has cut is put together from the registry once there is traffic.
    if (event.type == bpf::CgroupEvent::Type::made && !event.parent_id) {
      look(event.cgroup_id, std::string(event.path), now);
    }
  });
}

void OwnerRecorder::look(std::uint64_t cgroup_id, const std::string& path, Nanoseconds now) {
  if (settled_.size() + nameless_.size() >= kMostSettled) {
    settled_.clear();
    nameless_.clear();
  }
  if (!may_have_container_name(path)) {
    settled_.insert(cgroup_id);
    return;
  }
  const ContainerName name = containers_.name_of(path, now);
  if (name.empty()) {
    nameless_.try_emplace(cgroup_id, path);
    return;
  }
  if (!owners_.find(cgroup_id)) {
    if (!owners_.remember(cgroup_id, {.name = name, .path = path}, now)) return;
    ++remembered_;
  }
  nameless_.erase(cgroup_id);
  settled_.insert(cgroup_id);
}

void OwnerRecorder::make_room(const std::vector<AccountTotals>& accounts) {
  if (remembered_ < bpf::OwnerNames::room() - bpf::OwnerNames::room() / 8) return;
  std::unordered_set<std::uint64_t> with_account;
  for (const AccountTotals& one : accounts) with_account.insert(one.account.cgroup_id);
  owners_.forget_oldest([&](std::uint64_t id) { return with_account.contains(id); });
  remembered_ = owners_.size();
}

void OwnerRecorder::update(const std::vector<AccountTotals>& accounts, Nanoseconds now) {
  const bool again = now - looked_ >= kLookAgainAfter;
  if (again) looked_ = now;
  for (const AccountTotals& one : accounts) {
    const std::uint64_t id = one.account.cgroup_id;
    if (!has_cgroup(one.account.kind) || settled_.contains(id)) continue;
    if (const auto known = nameless_.find(id); known != nameless_.end()) {
      if (again) look(id, std::string(known->second), now);
    } else if (const auto path = registry_.name_of(id)) {
      look(id, *path, now);
    }
  }
  make_room(accounts);
}

}  // namespace cgtally::monitor
