// SPDX-License-Identifier: Apache-2.0
// What the keeper does about cgroups: it walks over them where the kernel side may have missed
// some, and shares the slots out among their subtrees.
#include <algorithm>

#include "adapters/cgroupfs/mount.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/sys/clock.h"
#include "monitor/pinned/keeper.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A removal that the registry has missed is found within a minute, and soon if it says that it has
// missed something. A walk may take one part in a hundred of a CPU, as the CPU counts it: on a busy
// host it waits for its turn, which is no reason to wait longer for the next one.
constexpr Nanoseconds kWalkEvery = 45s;
constexpr Nanoseconds kWalkAfterMissing = 3s;
constexpr int kWalkShare = 100;

Result<cgroupfs::Names> living_cgroups(const std::string& host_root) {
  const auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) return std::unexpected(mount.error());
  cgroupfs::Names names;
  names.seed(*mount);
  return names;
}

// Whether the registry had room for all.
bool remember_all(const cgroupfs::Names& names, const bpf::CgroupRegistry& registry) {
  bool fitted = true;
  names.for_each_child([&](std::uint64_t id, std::uint64_t parent, const std::string& name) {
    if (!registry.remember(id, parent, name)) fitted = false;
  });
  return fitted;
}

}  // namespace

// Adds the living cgroups to the ledger's registry: should one of them be removed while no keeper
// runs, its name is known all the same.
Result<void> Keeper::remember_living_cgroups() {
  const auto names = living_cgroups(host_root_);
  if (!names) return std::unexpected(names.error());
  const bpf::Ledger& ledger = programs_.ledger();
  (void)remember_all(*names, {ledger.fd("names"), ledger.fd("removed")});
  return {};
}

// Only once all totals are here, those of an older ledger too.
Result<void> Keeper::note_unseen_removals() {
  const auto accounts = programs_.read();  // before the walk: a cgroup not met there is removed
  const Nanoseconds before = sys::thread_cpu_time();
  const Nanoseconds begin = sys::now().boot;
  const auto names = living_cgroups(host_root_);
  if (!names) return std::unexpected(names.error());
  const auto lives = [&](std::uint64_t id) { return names->path_of(id) != nullptr; };
  retirer_->note_unseen_removals(accounts, lives, begin);
  last_walk_ = begin;
  const std::uint64_t missed = registry_.missed();
  if (missed != missed_) {
    const bpf::Ledger& ledger = programs_.ledger();
    const bpf::CgroupRegistry registry(ledger.fd("names"), ledger.fd("removed"));
    const bool remembered = remember_all(*names, registry);
    const auto noted = registry.note_removals(lives, begin);
    if (!noted) return std::unexpected(noted.error());
    // Else the next walk comes soon: the oldest names are forgotten meanwhile.
    if (remembered && *noted) missed_ = missed;
  }
  walk_took_ = sys::thread_cpu_time() - before;
  return {};
}

Result<void> Keeper::find_missed_removals(Nanoseconds now) {
  const Nanoseconds every = registry_.missed() == missed_ ? kWalkEvery : kWalkAfterMissing;
  if (now - last_walk_ < std::max(every, std::min(walk_took_ * kWalkShare, kWalkEvery))) return {};
  return note_unseen_removals();
}

Result<void> Keeper::share_slots(const std::vector<AccountTotals>& accounts,
                                 const bpf::SlotUse& slots) {
  return sharer_->share_out(accounts, slots,
                            [this](std::uint64_t id) { return retirer_->parent_of(id); });
}

Result<void> Keeper::share_slots() {
  if (auto read = sharer_->read_claims(); !read) return read;
  const auto accounts = programs_.read();
  return share_slots(accounts, programs_.slots());
}

}  // namespace cgtally::monitor
