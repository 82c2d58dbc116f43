// SPDX-License-Identifier: Apache-2.0
#include "monitor/pinned/keeper.h"

#include <unistd.h>

#include <algorithm>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/lost_slots.h"
#include "adapters/bpf/programs/detach.h"
#include "adapters/cgroupfs/mount.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTick = 100ms;

Result<cgroupfs::Names> living_cgroups(const std::string& host_root) {
  const auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) {
    return std::unexpected(mount.error());
  }
  cgroupfs::Names names;
  names.seed(*mount);
  return names;
}

}  // namespace

Result<void> Keeper::attach(std::optional<bpf::OlderLedger>& older) {
  bpf::Ledger& ledger = tally_.ledger();
  auto retirements = AccountRetirer::over(ledger, pins_.directory(), sys::now().boot);
  if (!retirements) {
    return std::unexpected(retirements.error());
  }
  retirements_.emplace(std::move(*retirements));
  if (bpf::state_of(ledger) == bpf::LedgerState::down) {
    if (auto rebuilt = ledger.rebuild_free_slots(); !rebuilt) {
      return rebuilt;
    }
  } else if (auto found = bpf::give_back_lost_slots(ledger); !found) {
    return std::unexpected(found.error());
  }
  bpf::ask_to_stop(ledger, false);  // whoever asked that the last keeper end may have been killed
  bpf::set_keeper(ledger, getpid());
  if (auto gone = let_go_of_gone(); !gone) {
    return gone;
  }
  if (older) {
    older->hand_over_registry(ledger);  // the registry writes already: no death falls in between
  }
  if (auto written = write_names(); !written) {
    return written;
  }
  if (auto begun = places_.begin(tally_); !begun) {
    return begun;
  }
  bpf::set_kept(ledger, sys::now().boot);
  if (auto alone = let_go_of_unwanted(); !alone) {
    return alone;
  }
  if (auto forgotten = tally_.forget_earlier_netns(); !forgotten) {
    return forgotten;
  }
  if (older) {
    if (auto carried = carry_over(*older); !carried) {
      return carried;
    }
  }
  if (auto buried = bury_who_died_unseen(); !buried) {
    return buried;
  }
  bpf::set_state(ledger, bpf::LedgerState::up);
  return {};
}

// No hook runs an old program any more: once those under way have ended, the old totals stand.
Result<void> Keeper::carry_over(bpf::OlderLedger& older) {
  bpf::Ledger& ledger = tally_.ledger();
  if (auto waited = ledger.wait_for_running_programs(); !waited) {
    return waited;
  }
  if (auto imported = older.import_into(ledger); !imported) {
    return imported;
  }
  bpf::set_state(ledger, bpf::LedgerState::up);
  older.close(bpf::LedgerState::moved);
  notices_.report("the totals of the ledger of ABI " + std::to_string(older.abi()) +
                  " are carried over");
  const auto left = pins_.forget(pins_.directory_of(older.abi()));
  return left ? Result<void>{} : std::unexpected(left.error());
}

// Those that have gone or have another name now. Before anything is attached: under its new name an
// interface is another one, and its packets must not be counted on both.
Result<void> Keeper::let_go_of_gone() {
  for (const auto& record : bpf::interface_records(tally_.ledger())) {
    const auto there = places_.has(record);
    if (!record.attached || there.value_or(true)) {
      continue;
    }
    if (auto detached = let_go_of(record); !detached) {
      return detached;
    }
  }
  return {};
}

Result<void> Keeper::let_go_of(const bpf::InterfaceRecord& record) {
  auto detached = bpf::detach_interface(tally_.ledger(), pins_.directory(), record.key,
                                        bpf::find_netns_below(host_root_), sys::now().boot);
  if (detached) {
    notices_.report(record.name + " is not counted any more: its totals stay");
  }
  return detached;
}

// Interfaces that an earlier keeper counted, and that are not asked for any more or do not exist.
Result<void> Keeper::let_go_of_unwanted() {
  const auto wanted = places_.attached();
  for (const auto& record : bpf::interface_records(tally_.ledger())) {
    if (!record.attached || std::ranges::find(wanted, record.key) != wanted.end()) {
      continue;
    }
    if (auto detached = let_go_of(record); !detached) {
      return detached;
    }
  }
  return {};
}

Result<void> Keeper::write_names() {
  const auto names = living_cgroups(host_root_);
  if (!names) {
    return std::unexpected(names.error());
  }
  const bpf::Ledger& ledger = tally_.ledger();
  const bpf::CgroupRegistry book(ledger.fd("names"), ledger.fd("removed"));
  names->for_each_child([&](std::uint64_t id, std::uint64_t parent, const std::string& name) {
    (void)book.remember(id, parent, name);
  });
  return {};
}

Result<void> Keeper::bury_who_died_unseen() {
  const auto accounts = tally_.read();  // before the walk: whoever is not met there has died
  const auto names = living_cgroups(host_root_);
  if (!names) {
    return std::unexpected(names.error());
  }
  retirements_->bury(
      accounts, [&](std::uint64_t id) { return names->path_of(id).has_value(); }, sys::now().boot);
  return {};
}

bool Keeper::exists(const bpf::InterfaceRecord& record) const {
  if (const auto there = places_.has(record)) {
    return *there;
  }
  // A netns that is not one of ours: while it lives, its interface may.
  return netns::Netns::find(record.netns_id, "", host_root_).has_value();
}

Result<void> Keeper::look_after() {
  constexpr Nanoseconds kRound = 1s;
  const Nanoseconds now = sys::now().boot;
  const bool due = now - looked_ >= kRound;
  retirements_->free_slots(now);
  if (due) {
    looked_ = now;
    bpf::set_kept(tally_.ledger(), now);
    places_.reattach(tally_);
    places_.let_go_of_ended(tally_);
    coverage_.look([this] { return places_.counted_interfaces(tally_); }, now);
  }
  const auto accounts = tally_.read();
  if (due) {
    coverage_.compare(accounts);
  }
  // Where slots are scarce none may wait: hundreds of short-lived cgroups a second are possible.
  const bpf::SlotUse slots = tally_.slots();
  if (!due && slots.used < slots.total / 4) {
    return {};
  }
  const auto retired = retirements_->round(
      accounts, [this](const bpf::InterfaceRecord& record) { return exists(record); }, now);
  retirements_->free_slots(now);
  return retired;
}

Result<void> Keeper::keep(EventLoop& rounds) {
  bpf::set_keeper(tally_.ledger(), getpid());
  if (auto offered = places_.offer_to(rounds.poller(), tally_); !offered) {
    return offered;
  }
  const auto ran = rounds.run(kTick, std::nullopt, [&] {
    if (bpf::asked_to_stop(tally_.ledger())) {
      rounds.abandon();
      return;
    }
    const auto looked = look_after();
    if (!looked && looked.error().what != trouble_) {
      notices_.report(looked.error().what);
    }
    trouble_ = looked ? "" : looked.error().what;
  });
  bpf::set_keeper(tally_.ledger(), 0);
  return ran;
}

}  // namespace cgtally::monitor
