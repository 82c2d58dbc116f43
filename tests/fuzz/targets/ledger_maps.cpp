// SPDX-License-Identifier: Apache-2.0
// Each map of a ledger that readers read, with records that no cgtally has written. The maps are
// the kernel's own, so this target needs the right to make them, and does nothing without it.
#include <bpf/bpf.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/bpf/cgroups/aftermaths.h"
#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/lives.h"
#include "adapters/bpf/cgroups/owner_names.h"
#include "adapters/bpf/cgroups/slot_claim_maps.h"
#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/ledger_choice.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/bpf/ledger/slot_accounts.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "cgtally/abi.h"
#include "core/base/text.h"
#include "core/traffic/account.h"
#include "core/traffic/traffic.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

constexpr std::uint32_t kSlots = 64;
// Those that are memory, then those that are written by system calls.
constexpr std::array kMemory{"header", "cells", "handshakes", "final_totals"};
constexpr std::array kMaps{"slots", "interfaces",  "choice",     "names",  "removed",
                           "lives", "owner_names", "aftermaths", "claims", "shares"};

struct Undo {
  std::span<char> place;
  std::string before;
};

struct Entry {
  int map;
  std::string key;
};

std::span<char> memory_of(int map) {
  bpf_map_info info{};
  __u32 size = sizeof(info);
  require(bpf_obj_get_info_by_fd(map, &info, &size) == 0, "a map tells what it is");
  const std::size_t bytes = std::size_t{info.max_entries} * ((info.value_size + 7) / 8 * 8);
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  require(at != MAP_FAILED, "the memory of a map can be mapped");
  return {static_cast<char*>(at), bytes};
}

// A ledger of this process, whose maps get the input's bytes, and lose them again.
class DamagedLedger {
 public:
  explicit DamagedLedger(bpf::Ledger ledger) : ledger_(std::move(ledger)) {
    for (const char* name : kMemory) memory_.push_back(memory_of(ledger_.fd(name)));
  }

  // Pieces: which map, where (two bytes), how many bytes, and these.
  void damage(std::string_view input) {
    while (input.size() > 4 && undo_.size() + entries_.size() < 64) {
      const auto byte = [&input](std::size_t at) { return static_cast<unsigned char>(input[at]); };
      const std::size_t which = byte(0) % (kMemory.size() + kMaps.size());
      const auto where = static_cast<std::size_t>(byte(1) << 8U | byte(2));
      const std::string_view bytes = input.substr(4, byte(3));
      input.remove_prefix(4 + bytes.size());
      if (which < kMemory.size()) {
        store(memory_[which], where * 4, bytes);
      } else {
        put(ledger_.fd(kMaps.at(which - kMemory.size())), where, bytes);
      }
    }
    // While totals move, a reader waits for the keeper.
    ledger_.header().retire_generation &= ~1ULL;
  }

  void repair() {
    for (auto one = undo_.rbegin(); one != undo_.rend(); ++one) {
      std::memcpy(one->place.data(), one->before.data(), one->before.size());
    }
    for (const Entry& one : entries_) bpf_map_delete_elem(one.map, one.key.data());
    undo_.clear();
    entries_.clear();
  }

  [[nodiscard]] const bpf::Ledger& ledger() const { return ledger_; }

 private:
  void store(std::span<char> memory, std::size_t where, std::string_view bytes) {
    const auto place = memory.subspan(where % memory.size());
    const auto part = place.first(std::min(place.size(), bytes.size()));
    undo_.push_back({part, {part.data(), part.size()}});
    std::memcpy(part.data(), bytes.data(), part.size());
  }
  // The bytes are the key and then the value, of which the first `skipped` bytes are zero.
  void put(int map, std::size_t skipped, std::string_view bytes) {
    bpf_map_info info{};
    __u32 size = sizeof(info);
    require(bpf_obj_get_info_by_fd(map, &info, &size) == 0, "a map tells what it is");
    std::string key(bytes.substr(0, info.key_size));
    key.resize(info.key_size);
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), info.key_size));
    std::string value(info.value_size, '\0');
    const std::size_t from = skipped % info.value_size;
    const std::string_view part = bytes.substr(0, value.size() - from);
    value.replace(from, part.size(), part);
    if (bpf_map_update_elem(map, key.data(), value.data(), BPF_ANY) == 0)
      entries_.push_back({map, std::move(key)});
  }

  bpf::Ledger ledger_;
  std::vector<std::span<char>> memory_;
  std::vector<Undo> undo_;
  std::vector<Entry> entries_;
};

DamagedLedger* ledger_to_damage() {
  static std::optional<DamagedLedger> ledger = []() -> std::optional<DamagedLedger> {
    auto made = bpf::Ledger::create({.slots = kSlots});
    if (!made) {
      fmt::print(stderr, "not fuzzed: {}\n", made.error().what);
      return std::nullopt;
    }
    return std::optional<DamagedLedger>(*std::move(made));
  }();
  return ledger ? &*ledger : nullptr;
}

void use_account(const Account& account) { use(reason_name(account.kind)); }

void read_totals(const bpf::Ledger& ledger) {
  bpf::TotalsReader reader(ledger);
  auto ends = bpf::FinalTotalsReader::open(ledger, bpf::FinalTotalsReader::From::oldest);
  require(ends.has_value(), "the final totals can be mapped");
  const bpf::LedgerReading reading = reader.read(*ends);
  for (const AccountTotals& one : reading.accounts) use_account(one.account);
  for (const FinalTotals& one : reading.final_totals) use_account(one.account);
  require(reader.used_slots() <= kSlots + CGT_RETIRE_ENTRIES, "no more slots than can be are used");
  bpf::SlotAccounts accounts(ledger);
  for (std::uint32_t slot = 0; slot < kSlots + 2; ++slot) {
    if (const auto owner = accounts.owner_of(slot)) use_account(*owner);
  }
  (void)accounts.owner_of(~0U);
  use(ledger.slots_in_use());
}

void require_time(Nanoseconds time, std::string_view what) {
  require(time >= Nanoseconds{0} && time < std::chrono::hours{24 * 365 * 250}, what);
}

void read_interfaces(const bpf::Ledger& ledger) {
  for (const bpf::InterfaceRecord& one : bpf::interface_records(ledger)) {
    require_time(one.since.boot, "an interface is counted since a time that can be");
    require_time(one.gap, "a gap is as long as can be");
    require_harmless(escape_name(one.name), "the name of an interface is harmless");
  }
  use(bpf::read_choice(ledger));
  use(bpf::state_of(ledger));
  use(bpf::keeper_pid(ledger));
}

void read_lives(const bpf::Ledger& ledger) {
  const bpf::Lives lives(ledger.fd("lives"));
  const auto all = lives.read();
  require(all.has_value(), "lives can be listed");
  for (const CgroupLife& one : *all) {
    for (const auto& time : {one.begun, one.ended, one.removed, one.late.first, one.late.last}) {
      if (time) require_time(*time, "the times of a life can be");
    }
    require(lives.find(one.cgroup_id).has_value(), "each life is found");
  }
  const bpf::Aftermaths aftermaths(ledger.fd("aftermaths"));
  aftermaths.for_each([&](std::uint64_t id, const Aftermath& one) {
    require_time(one.ended, "an aftermath has an end that can be");
    require_time(one.watched, "an aftermath is watched as long as can be");
    use(aftermaths.find(id));
  });
}

void read_names(const bpf::Ledger& ledger) {
  const bpf::OwnerNames owners(ledger.fd("owner_names"));
  const bpf::CgroupRegistry registry(ledger.fd("names"), ledger.fd("removed"));
  use(owners.size());
  use(registry.name_count());
  for (std::uint64_t id = 0; id < 8; ++id) {
    use(registry.trail_of(id));
    use(registry.parent_of(id));
    if (const auto name = registry.name_of(id)) {
      require_harmless(escape_name(*name), "the path of a cgroup is harmless");
    }
    const auto owner = owners.find(id);
    if (!owner) continue;
    for (const SharedText* name :
         {&owner->name.container, &owner->name.pod, &owner->name.k8s_namespace}) {
      require_harmless(*name, "the name of a container is harmless");
    }
  }
  const auto removed = registry.removed_cgroups();
  require(removed.has_value(), "removals can be listed");
  for (const RemovedCgroup& one : *removed) require_time(one.removed, "a removal was at a time");
  use(bpf::SlotClaimMaps(ledger.fd("claims"), ledger.fd("shares")).read());
}

}  // namespace

void ledger_maps(std::string_view input) {
  DamagedLedger* const damaged = ledger_to_damage();
  if (damaged == nullptr) return;
  damaged->damage(input);
  use(damaged->ledger().check());
  read_totals(damaged->ledger());
  read_interfaces(damaged->ledger());
  read_lives(damaged->ledger());
  read_names(damaged->ledger());
  damaged->repair();
}

}  // namespace cgtally::fuzz
