// SPDX-License-Identifier: Apache-2.0
// How a keeper begins: under the ledger's lock, over the ledger that is there or a new one, and
// with everything taken back that a failed beginning has made. And how another process ends it.
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/programs/detach.h"
#include "adapters/sys/clock.h"
#include "monitor/pinned/keeper.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// How often a lock is tried, every 20 ms: while others only look; until a keeper ends.
constexpr int kLook = 10;
constexpr int kPatience = 250;

Error kept_already(const Error& locked, const bpf::Pins& pins) {
  if (locked.code != EWOULDBLOCK) {
    return locked;
  }
  std::string who;
  if (const auto ledger = pins.open(bpf::Access::read); ledger) {
    who = ", process " + std::to_string(bpf::keeper_pid(*ledger));
  }
  return {.what = "the ledger has a keeper already" + who,
          .hint = "look at it: cgtally status; or end it: cgtally down",
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

Error other_abi(std::uint32_t abi) {
  const bool newer = abi > bpf::kAbiVersion;
  return {.what = "a ledger of ABI " + std::to_string(abi) + " is there, this cgtally has ABI " +
                  std::to_string(bpf::kAbiVersion),
          .hint = newer ? "use the cgtally that made it"
                        : "carry its totals over: cgtally up --migrate"};
}

// The ledger whose totals are to be carried over.
Result<std::optional<bpf::OlderLedger>> older_ledger(const bpf::Pins& pins, bool migrate) {
  const auto others = pins.other_abis();
  if (others.empty()) {
    return std::nullopt;
  }
  if (others.back() > bpf::kAbiVersion || !migrate || others.size() > 1) {
    return std::unexpected(other_abi(others.back()));
  }
  auto older = bpf::OlderLedger::open(pins.directory_of(others.back()));
  if (!older) {
    return std::unexpected(older.error());
  }
  return std::optional(std::move(*older));
}

Result<bpf::Ledger> open_or_make(const bpf::Pins& pins, std::uint32_t slots) {
  return pins.exist() ? pins.open(bpf::Access::write) : pins.create({.slots = slots});
}

}  // namespace

Keeper::Keeper(sys::Fd lock, bpf::Pins pins, bpf::RegistryPrograms registry,
               bpf::PacketPrograms tally, InterfaceSet places, std::string host_root,
               Notices& notices)
    : lock_(std::move(lock)),
      pins_(std::move(pins)),
      registry_(std::move(registry)),
      tally_(std::move(tally)),
      places_(std::move(places)),
      host_root_(std::move(host_root)),
      coverage_(host_root_, notices),
      notices_(notices) {}

// What a keeper stands on, before any program is loaded.
struct Keeper::Ground {
  bpf::Pins pins;
  std::optional<bpf::OlderLedger> older;
  sys::Fd lock;
  bpf::Ledger ledger;
  bool fresh = false;  // the ledger was made just now
  bool was_up = false;

  [[nodiscard]] bool nothing_else_knows_it() const { return fresh && !older; }
};

Result<Keeper::Ground> Keeper::prepare(const KeeperOptions& options, Notices& notices) {
  auto pins = bpf::Pins::below(options.bpffs);
  if (!pins) {
    return std::unexpected(pins.error());
  }
  auto older = older_ledger(*pins, options.migrate);
  if (!older) {
    return std::unexpected(older.error());
  }
  auto locked = *older ? stop_keeper(*pins, &**older) : lock(*pins, kLook);
  if (!locked) {
    return std::unexpected(locked.error());
  }
  pins->sweep();
  const bool fresh = !pins->exist();
  auto ledger = open_or_make(*pins, std::max(options.slots.value_or(bpf::LedgerOptions{}.slots),
                                             *older ? (*older)->slots() : 0));
  if (!ledger) {
    return std::unexpected(ledger.error());
  }
  if (!fresh && options.slots && *options.slots != ledger->slots()) {
    notices.report("the ledger that is there has " + std::to_string(ledger->slots()) +
                   " slots, and keeps them: cgtally down --forget makes room for another");
  }
  if (*older) {
    if (auto handed = (*older)->hand_over_to(*ledger, pins->directory()); !handed) {
      return std::unexpected(handed.error());
    }
  }
  const bool was_up = bpf::state_of(*ledger) == bpf::LedgerState::up;
  return Ground{
      std::move(*pins), std::move(*older), std::move(*locked), std::move(*ledger), fresh, was_up};
}

Result<std::unique_ptr<Keeper>> Keeper::over(Ground& ground, InterfaceSet places,
                                             const std::string& host_root, Notices& notices) {
  const std::string directory = ground.pins.directory();
  bpf::Ledger& ledger = ground.ledger;
  // Before the first packet is booked: no account's end shall be missed.
  auto registry =
      bpf::RegistryPrograms::create(ledger.fd("names"), ledger.fd("removed"), ledger.fd("missed"));
  if (!registry) {
    return std::unexpected(registry.error());
  }
  if (auto pinned = registry->pin(directory); !pinned) {
    return std::unexpected(pinned.error());
  }
  auto tally = bpf::PacketPrograms::open(std::move(ledger), directory);
  if (!tally) {
    return std::unexpected(tally.error());
  }
  return std::unique_ptr<Keeper>(new Keeper(std::move(ground.lock), ground.pins,
                                            std::move(*registry), std::move(*tally),
                                            std::move(places), host_root, notices));
}

Result<std::unique_ptr<Keeper>> Keeper::begin(const KeeperOptions& options, Notices& notices) {
  auto places = InterfaceSet::open(options.places, notices);
  if (!places) {
    return std::unexpected(places.error());
  }
  auto ground = prepare(options, notices);
  if (!ground) {
    return std::unexpected(ground.error());
  }
  auto keeper = over(*ground, std::move(*places), options.places.host_root, notices);
  if (!keeper) {
    if (ground->nothing_else_knows_it()) {
      (void)bpf::unpin_registry(ground->pins.directory());
      (void)ground->pins.forget();
    }
    return keeper;
  }
  if (auto attached = (*keeper)->attach(ground->older); !attached) {
    (*keeper)->take_back(*ground);
    return std::unexpected(attached.error());
  }
  return keeper;
}

// What an older ledger has handed over counts on in this one: the next attempt goes on there.
void Keeper::take_back(const Ground& ground) {
  if (ground.older) {
    return;
  }
  if (!ground.was_up) {
    (void)bpf::detach_everything(tally_.ledger(), pins_.directory(),
                                 bpf::find_netns_below(host_root_), sys::now().boot);
  }
  if (ground.fresh) {
    (void)pins_.forget();
  }
}

Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::Ledger& ledger) {
  bpf::ask_to_stop(ledger, true);
  auto locked = lock(pins, kPatience);
  bpf::ask_to_stop(ledger, false);
  if (!locked && locked.error().code == EWOULDBLOCK) {
    return std::unexpected(Error{
        .what =
            "the keeper, process " + std::to_string(bpf::keeper_pid(ledger)) + ", does not answer",
        .hint = "end it: kill -9 " + std::to_string(bpf::keeper_pid(ledger)),
        .code = EWOULDBLOCK});
  }
  return locked;
}

Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::OlderLedger* ledger) {
  if (ledger) {
    ledger->ask_keeper_to_stop(true);
  }
  auto locked = lock(pins, kPatience);
  if (ledger) {
    ledger->ask_keeper_to_stop(false);
  }
  if (!locked && locked.error().code == EWOULDBLOCK) {
    const std::string directory = std::filesystem::path(pins.directory()).parent_path();
    return std::unexpected(
        Error{.what = "a keeper that cannot be asked to end has the ledger",
              .hint = "end it: kill, and the process that this shows: fuser " + directory,
              .code = EWOULDBLOCK});
  }
  return locked;
}

}  // namespace cgtally::monitor
