// SPDX-License-Identifier: Apache-2.0
// Starts a keeper: takes the ledger's lock, opens the ledger or makes one, loads the programs,
// attaches, and rolls back if a step fails.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/lost_slots.h"
#include "adapters/bpf/programs/detach.h"
#include "adapters/sys/clock.h"
#include "monitor/pinned/keeper.h"
#include "monitor/pinned/keeper_lock.h"

namespace cgtally::monitor {
namespace {

Error other_abi(std::uint32_t abi) {
  const bool newer = abi > bpf::kAbiVersion;
  return {.what = fmt::format("a ledger of ABI {} is there, this cgtally has ABI {}", abi,
                              bpf::kAbiVersion),
          .hint = newer ? "use the cgtally that made it"
                        : "carry its totals over: cgtally up --migrate"};
}

// The ledger whose totals are to be carried over; empty if there is only one of this ABI, or none.
Result<std::optional<bpf::OlderLedger>> older_ledger(const bpf::Pins& pins, bool migrate) {
  const auto others = pins.other_abis();
  if (others.empty()) return std::nullopt;
  if (others.back() > bpf::kAbiVersion || !migrate || others.size() > 1) {
    return std::unexpected(other_abi(others.back()));
  }
  auto older = bpf::OlderLedger::open(pins.directory_of(others.back()));
  if (!older) return std::unexpected(older.error());
  return std::optional(std::move(*older));
}

Result<bpf::Ledger> open_or_make(const bpf::Pins& pins, std::uint32_t slots) {
  return pins.exist() ? pins.open(bpf::Access::write) : pins.create({.slots = slots});
}

}  // namespace

// What there is before any program is loaded, and what roll_back() must know of it.
struct Keeper::StartState {
  bpf::Pins pins;
  std::optional<bpf::OlderLedger> older;
  sys::Fd lock;
  bpf::Ledger ledger;
  bool fresh = false;  // this start has made the ledger
  bool was_up = false;

  // The ledger may go again: it holds nothing, neither of its own nor of an older one.
  [[nodiscard]] bool may_be_forgotten() const { return fresh && !older; }
};

Result<Keeper::StartState> Keeper::prepare(const KeeperOptions& options, Notices& notices) {
  auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) return std::unexpected(pins.error());
  auto older = older_ledger(*pins, options.migrate);
  if (!older) return std::unexpected(older.error());
  auto locked = *older ? stop_keeper(*pins, &**older) : lock_as_keeper(*pins);
  if (!locked) return std::unexpected(locked.error());
  pins->sweep();
  const bool fresh = !pins->exist();
  auto ledger = open_or_make(*pins, std::max(options.slots.value_or(bpf::LedgerOptions{}.slots),
                                             *older ? (*older)->slots() : 0));
  if (!ledger) return std::unexpected(ledger.error());
  if (!fresh && options.slots && *options.slots != ledger->slots()) {
    notices.report(fmt::format(
        "the pinned ledger has {} slots, and keeps them; to make one with {}: cgtally down "
        "--forget, which loses its totals",
        ledger->slots(), *options.slots));
  }
  if (*older) {
    if (auto handed = (*older)->hand_over_to(*ledger, pins->directory()); !handed) {
      return std::unexpected(handed.error());
    }
  }
  const bool was_up = bpf::state_of(*ledger) == bpf::LedgerState::up;
  return StartState{
      std::move(*pins), std::move(*older), std::move(*locked), std::move(*ledger), fresh, was_up};
}

Keeper::Keeper(sys::Fd lock, bpf::Pins pins, bpf::RegistryPrograms registry,
               bpf::PacketPrograms programs, InterfaceSet interfaces, std::string host_root,
               Notices& notices)
    : lock_(std::move(lock)),
      pins_(std::move(pins)),
      registry_(std::move(registry)),
      programs_(std::move(programs)),
      interfaces_(std::move(interfaces)),
      host_root_(std::move(host_root)),
      coverage_(host_root_, notices),
      arrivals_(programs_.ledger().header(), programs_.ledger().fd("claims")),
      notices_(notices) {}

Result<std::unique_ptr<Keeper>> Keeper::load_programs(StartState& state, InterfaceSet interfaces,
                                                      const std::string& host_root,
                                                      Notices& notices) {
  const std::string directory = state.pins.directory();
  bpf::Ledger& ledger = state.ledger;
  // Before the first packet is counted: the end of no account may be missed.
  auto registry = bpf::RegistryPrograms::create({.names = ledger.fd("names"),
                                                 .removed = ledger.fd("removed"),
                                                 .missed = ledger.fd("missed"),
                                                 .lives = ledger.fd("lives")});
  if (!registry) return std::unexpected(registry.error());
  if (auto pinned = registry->pin(directory); !pinned) return std::unexpected(pinned.error());
  auto programs = bpf::PacketPrograms::open(std::move(ledger), directory);
  if (!programs) return std::unexpected(programs.error());
  return std::unique_ptr<Keeper>(new Keeper(std::move(state.lock), state.pins, std::move(*registry),
                                            std::move(*programs), std::move(interfaces), host_root,
                                            notices));
}

Result<std::unique_ptr<Keeper>> Keeper::start(const KeeperOptions& options, Notices& notices) {
  auto interfaces = InterfaceSet::open(options.choice, notices);
  if (!interfaces) return std::unexpected(interfaces.error());
  auto state = prepare(options, notices);
  if (!state) return std::unexpected(state.error());
  auto keeper = load_programs(*state, std::move(*interfaces), options.choice.host_root, notices);
  if (!keeper) {
    if (state->may_be_forgotten()) {
      (void)bpf::unpin_registry(state->pins.directory());
      (void)state->pins.forget();
    }
    return keeper;
  }
  (*keeper)->loopback_ = options.loopback;
  if (auto up = (*keeper)->bring_up(state->older, options.asked_to_end); !up) {
    (*keeper)->roll_back(*state);
    return std::unexpected(up.error());
  }
  return keeper;
}

Result<void> Keeper::bring_up(std::optional<bpf::OlderLedger>& older,
                              const AskedToEnd& asked_to_end) {
  bpf::Ledger& ledger = programs_.ledger();
  auto retirer = AccountRetirer::start(ledger, pins_.directory());
  if (!retirer) return std::unexpected(retirer.error());
  retirer_.emplace(std::move(*retirer));
  sharer_.emplace(ledger);
  if (auto repaired = repair_slots(); !repaired) return repaired;
  bpf::ask_to_stop(ledger, false);  // the process that asked the last keeper may have been killed
  bpf::set_keeper(ledger, getpid());
  if (auto detached = detach_vanished(); !detached) return detached;
  if (older) {
    older->hand_over_registry(ledger);  // the registry programs run already: no removal is missed
  }
  if (auto remembered = remember_living_cgroups(); !remembered) return remembered;
  // Before the first packet, and once the interfaces have their slots.
  if (auto shared = share_slots(); !shared) return shared;
  const auto all = interfaces_.attach_all(programs_, [&] {
    // An older ledger is carried over once no hook has its programs any more.
    return !older && ((asked_to_end && asked_to_end()) || bpf::asked_to_stop(ledger));
  });
  if (!all) return std::unexpected(all.error());
  if (!*all) {
    // What an earlier keeper counted is counted on, by its programs.
    bpf::set_state(ledger, bpf::LedgerState::up);
    return {};
  }
  if (auto shared = share_slots(); !shared) return shared;
  if (auto recorded = record_choice(); !recorded) return recorded;
  bpf::set_kept(ledger, sys::now().boot);
  if (auto detached = detach_unwanted(); !detached) return detached;
  if (auto forgotten = programs_.forget_earlier_netns(); !forgotten) return forgotten;
  if (older) {
    if (auto carried = carry_over(*older); !carried) return carried;
  }
  if (auto noted = note_unseen_removals(); !noted) return noted;
  bpf::set_state(ledger, bpf::LedgerState::up);
  return {};
}

// Slots that a killed process had taken and given to no account.
Result<void> Keeper::repair_slots() {
  bpf::Ledger& ledger = programs_.ledger();
  if (bpf::state_of(ledger) == bpf::LedgerState::down) return ledger.rebuild_free_slots();
  const auto found = bpf::give_back_lost_slots(ledger);
  return found ? Result<void>{} : std::unexpected(found.error());
}

// Interfaces that have gone. Before anything is attached: another one may have the index by now.
Result<void> Keeper::detach_vanished() {
  for (const auto& record : bpf::interface_records(programs_.ledger())) {
    const auto exists = interfaces_.exists(record, programs_);
    if (!record.attached || exists.value_or(true)) {
      continue;
    }
    if (auto detached = detach(record); !detached) return detached;
  }
  return {};
}

// Interfaces that an earlier keeper counted, and that do not exist or are not asked for any more.
Result<void> Keeper::detach_unwanted() {
  const auto wanted = interfaces_.attached();
  for (const auto& record : bpf::interface_records(programs_.ledger())) {
    if (!record.attached || std::ranges::find(wanted, record.key) != wanted.end()) {
      continue;
    }
    if (auto detached = detach(record); !detached) return detached;
  }
  return {};
}

Result<void> Keeper::detach(const bpf::InterfaceRecord& record) {
  auto detached = bpf::detach_interface(programs_.ledger(), pins_.directory(), record.key,
                                        bpf::find_netns_below(host_root_), sys::now().boot);
  if (detached) {
    notices_.report(fmt::format("{} is not counted any more: its totals stay", record.name));
  }
  return detached;
}

// No hook runs an old program any more: once the runs under way have ended, the old totals stand
// still.
Result<void> Keeper::carry_over(bpf::OlderLedger& older) {
  bpf::Ledger& ledger = programs_.ledger();
  if (auto waited = ledger.wait_for_running_programs(); !waited) return waited;
  if (auto imported = older.import_into(ledger); !imported) return imported;
  bpf::set_state(ledger, bpf::LedgerState::up);
  older.close(bpf::LedgerState::moved);
  notices_.report(fmt::format("the totals of the ledger of ABI {} are carried over", older.abi()));
  const auto left = pins_.forget(pins_.directory_of(older.abi()));
  return left ? Result<void>{} : std::unexpected(left.error());
}

// What an older ledger has handed over counts in this one already: the next start continues there.
void Keeper::roll_back(const StartState& state) {
  if (state.older) return;
  if (!state.was_up) {
    (void)bpf::detach_everything(programs_.ledger(), pins_.directory(),
                                 bpf::find_netns_below(host_root_), sys::now().boot);
  }
  if (state.fresh) {
    (void)pins_.forget();
  }
}

}  // namespace cgtally::monitor
