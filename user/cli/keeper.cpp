// SPDX-License-Identifier: Apache-2.0
#include "cli/keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "adapters/bpf/ledger_view.h"
#include "adapters/bpf/takedown.h"
#include "adapters/sys/clock.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTick = 250ms;

bpf::FindNetns finder(const std::string& host_root) {
  return [host_root](std::uint64_t inode, const std::string& name) {
    return netns::Netns::find(inode, name, host_root);
  };
}

Error kept_already(const Error& locked, const bpf::Pins& pins) {
  if (locked.code != EWOULDBLOCK) {
    return locked;
  }
  std::string who;
  if (const auto ledger = pins.open(bpf::Access::read); ledger) {
    who = ", process " + std::to_string(bpf::keeper_pid(*ledger));
  }
  return {.what = "the ledger has a keeper already" + who,
          .cure = "look at it: cgtally status; or end it: cgtally down",
          .code = EWOULDBLOCK};
}

// A reader that looks whether there is a keeper holds the lock for an instant.
Result<sys::Fd> lock(const bpf::Pins& pins, int attempts) {
  auto locked = pins.lock();
  for (; !locked && locked.error().code == EWOULDBLOCK && attempts > 0; --attempts) {
    std::this_thread::sleep_for(20ms);
    locked = pins.lock();
  }
  if (!locked) {
    return std::unexpected(kept_already(locked.error(), pins));
  }
  return locked;
}

Result<void> refuse_other_abis(const bpf::Pins& pins) {
  const auto others = pins.other_abis();
  if (others.empty()) {
    return {};
  }
  const std::string abi = std::to_string(others.back());
  const bool newer = others.back() > bpf::kAbiVersion;
  return std::unexpected(Error{.what = "a ledger of ABI " + abi +
                                       " is there, this cgtally has ABI " +
                                       std::to_string(bpf::kAbiVersion),
                               .cure = newer ? "use the cgtally that made it"
                                             : "carry its totals over: cgtally up --migrate"});
}

Result<bpf::Ledger> open_or_make(const bpf::Pins& pins, std::uint32_t slots) {
  return pins.exist() ? pins.open(bpf::Access::write) : pins.create({.slots = slots});
}

}  // namespace

Keeper::Keeper(sys::Fd lock, bpf::Pins pins, bpf::Tally tally, Places places, std::string host_root)
    : lock_(std::move(lock)),
      pins_(std::move(pins)),
      tally_(std::move(tally)),
      places_(std::move(places)),
      host_root_(std::move(host_root)) {}

Result<std::unique_ptr<Keeper>> Keeper::begin(const KeeperOptions& options) {
  std::vector<std::string> notices;
  auto places = Places::open(options.places, notices);
  if (!places) {
    return std::unexpected(places.error());
  }
  auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) {
    return std::unexpected(pins.error());
  }
  auto locked = lock(*pins, 10);
  if (!locked) {
    return std::unexpected(locked.error());
  }
  if (auto alone = refuse_other_abis(*pins); !alone) {
    return std::unexpected(alone.error());
  }
  const bool fresh = !pins->exist();
  auto ledger = open_or_make(*pins, options.slots);
  if (!ledger) {
    return std::unexpected(ledger.error());
  }
  const bool was_up = bpf::state_of(*ledger) == bpf::LedgerState::up;
  auto tally = bpf::Tally::over(std::move(*ledger), pins->directory());
  if (!tally) {
    if (fresh) {
      (void)pins->forget();
    }
    return std::unexpected(tally.error());
  }
  std::unique_ptr<Keeper> keeper(new Keeper(std::move(*locked), std::move(*pins), std::move(*tally),
                                            std::move(*places), options.places.host_root));
  keeper->notices_ = std::move(notices);
  if (auto attached = keeper->attach(); !attached) {
    if (!was_up) {
      (void)bpf::detach_everything(keeper->tally_.ledger(), keeper->pins_.directory(),
                                   finder(keeper->host_root_), sys::now().boot);
    }
    if (fresh) {
      (void)keeper->pins_.forget();
    }
    return std::unexpected(attached.error());
  }
  return keeper;
}

Result<void> Keeper::attach() {
  bpf::Ledger& ledger = tally_.ledger();
  if (bpf::state_of(ledger) != bpf::LedgerState::up) {
    if (auto rebuilt = ledger.rebuild_free_slots(); !rebuilt) {
      return rebuilt;
    }
  }
  bpf::set_keeper(ledger, getpid());
  if (auto begun = places_.begin(tally_, notices_); !begun) {
    return begun;
  }
  bpf::set_state(ledger, bpf::LedgerState::up);
  return let_go_of_unwanted();
}

// Interfaces that an earlier keeper counted, and that are not asked for any more or do not exist.
Result<void> Keeper::let_go_of_unwanted() {
  const auto wanted = places_.attached();
  for (const auto& record : bpf::interface_records(tally_.ledger())) {
    if (!record.attached || std::ranges::find(wanted, record.key) != wanted.end()) {
      continue;
    }
    auto detached = bpf::detach_interface(tally_.ledger(), pins_.directory(), record.key,
                                          finder(host_root_), sys::now().boot);
    if (!detached) {
      return detached;
    }
    notices_.push_back(record.name + " is not counted any more: its totals stay");
  }
  return {};
}

void Keeper::look_after() {
  places_.let_go_of_ended(tally_, notices_);
  places_.mend(tally_, notices_);
  bpf::set_kept(tally_.ledger(), sys::now().boot);
}

Result<void> Keeper::keep(Rounds& rounds, const Hear& hear) {
  bpf::set_keeper(tally_.ledger(), getpid());
  if (auto offered = places_.offer_to(rounds.poller(), tally_, notices_); !offered) {
    return offered;
  }
  const auto ran = rounds.run(kTick, std::nullopt, [&] {
    if (bpf::asked_to_stop(tally_.ledger())) {
      rounds.abandon();
      return;
    }
    look_after();
    for (const std::string& notice : take_notices()) {
      hear(notice);
    }
  });
  bpf::set_keeper(tally_.ledger(), 0);
  return ran;
}

Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::Ledger& ledger) {
  bpf::ask_to_stop(ledger, true);
  auto locked = lock(pins, 250);
  bpf::ask_to_stop(ledger, false);
  if (!locked && locked.error().code == EWOULDBLOCK) {
    return std::unexpected(Error{
        .what =
            "the keeper, process " + std::to_string(bpf::keeper_pid(ledger)) + ", does not answer",
        .cure = "end it: kill -9 " + std::to_string(bpf::keeper_pid(ledger)),
        .code = EWOULDBLOCK});
  }
  return locked;
}

}  // namespace cgtally::cli
