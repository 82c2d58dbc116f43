// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/damage.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "adapters/bpf/base/map_batches.h"

namespace cgtally::bpf {
namespace {

// Later than any clock that Nanoseconds can hold shows.
constexpr std::uint64_t kLatest = std::numeric_limits<std::int64_t>::max() / 2;
// One retirement each nanosecond for a hundred years.
constexpr std::uint64_t kMostFinalTotals = std::uint64_t{1} << 61U;
constexpr std::uint64_t kLongestWindow = 1'000'000'000;
constexpr std::uint64_t kShortestWindow = 10'000;

std::string figure_of(const char* name, std::uint64_t value, const std::string& right) {
  return fmt::format("its {} is {}, not {}", name, value, right);
}

bool is_window(std::uint64_t length) {
  return length == 0 || (kShortestWindow <= length && length <= kLongestWindow);
}

std::optional<std::string> wrong_figure(const cgt_header& header, const MapSizes& size) {
  if (header.slots != size.slots) {
    return figure_of("number of slots", header.slots, fmt::format("{}", size.slots));
  }
  if (header.rows != size.rows) {
    return figure_of("number of rows", header.rows, fmt::format("{}", size.rows));
  }
  if (header.state > CGT_LEDGER_MOVED) {
    return figure_of("state", header.state, fmt::format("at most {}", int{CGT_LEDGER_MOVED}));
  }
  if (!is_window(header.window_ns)) {
    return figure_of("window length", header.window_ns, "10 us to 1 s in nanoseconds");
  }
  if (header.final_totals_entries != size.final_totals) {
    return figure_of("ring of final totals", header.final_totals_entries,
                     fmt::format("{} long", size.final_totals));
  }
  if (header.final_totals_written > kMostFinalTotals) {
    return figure_of("count of final totals", header.final_totals_written, "one that can be");
  }
  if (header.gone_slot >= size.slots) {
    return figure_of("slot of what is gone", header.gone_slot, fmt::format("below {}", size.slots));
  }
  for (const std::uint64_t time : {header.made_boot_ns, header.made_wall_ns, header.kept_boot_ns}) {
    if (time > kLatest) return figure_of("time", time, "one that can be");
  }
  return std::nullopt;
}

std::string words_of(const cgt_key& key) {
  return fmt::format("kind {} and cgroup {} on interface {}", key.kind, key.cgroup_id, key.iface);
}

bool has_slot(int slots_fd, const cgt_key& key, std::uint32_t slot) {
  std::uint32_t now = 0;
  return bpf_map_lookup_elem(slots_fd, &key, &now) == 0 && now == slot;
}

// While the map was listed a slot may have gone from one account to another: asked for again, one
// after the other, both have it only if it is damage.
bool share_slot(int slots_fd, const cgt_key& one, const cgt_key& other, std::uint32_t slot) {
  if (std::memcmp(&one, &other, sizeof(one)) == 0) return false;
  return has_slot(slots_fd, other, slot) && has_slot(slots_fd, one, slot) &&
         has_slot(slots_fd, other, slot);
}

std::optional<std::string> wrong_figure(const cgt_interface& one, std::uint32_t slots) {
  if (one.hook > CGT_HOOK_CLSACT) {
    return figure_of("kind of hook", one.hook, fmt::format("at most {}", int{CGT_HOOK_CLSACT}));
  }
  for (const std::uint32_t slot : std::span(one.reason_slot).first(CGT_KINDS)) {
    if (slot >= slots) return figure_of("slot of a reason", slot, fmt::format("below {}", slots));
  }
  for (const std::uint64_t time : {one.from_boot_ns, one.from_wall_ns, one.to_boot_ns}) {
    if (time > kLatest) return figure_of("time", time, "one that can be");
  }
  if (memchr(one.name, 0, sizeof(one.name)) == nullptr ||
      memchr(one.netns, 0, sizeof(one.netns)) == nullptr) {
    return "its name has no end";
  }
  return std::nullopt;
}

std::optional<std::uint64_t> wrong_time(std::initializer_list<std::uint64_t> times) {
  const auto* const wrong = std::ranges::find_if(times, [](auto time) { return time > kLatest; });
  return wrong == times.end() ? std::nullopt : std::optional(*wrong);
}

std::optional<std::uint64_t> wrong_time(const cgt_life& life) {
  return wrong_time({life.begun_ns, life.ended_ns, life.removed_ns, life.late.first_ns,
                     life.late.last_ns, life.late_at_end.first_ns, life.late_at_end.last_ns});
}

std::optional<std::uint64_t> wrong_time(const cgt_aftermath& one) {
  return wrong_time({one.ended_ns, one.base_before_ns, one.looked_ns, one.watched_ns,
                     one.resolution_ns, one.refused_before_ns});
}

// The first entry of `map` with a time that cannot be.
template <typename Entry>
std::optional<std::string> entry_of_no_time(int fd, const char* map, Result<void>& listed) {
  std::optional<std::string> found;
  listed = for_each_batch<Entry>(
      fd, "list a map of the ledger",
      [&](std::span<const std::uint64_t> ids, std::span<const Entry> entries) {
        for (std::size_t i = 0; i < ids.size() && !found; ++i) {
          const auto time = wrong_time(entries[i]);
          if (!time) continue;
          found = fmt::format("in its map {}, cgroup {} has the time {}, which cannot be", map,
                              ids[i], *time);
        }
      });
  return found;
}

}  // namespace

Error damaged_ledger(const std::string& what) {
  return {.what = fmt::format("the ledger is damaged: {}", what),
          .hint = "remove it and begin again: cgtally down --forget; cgtally up",
          .code = EUCLEAN};
}

bool is_sound(const cgt_retire_entry& entry, const cgt_header& header, std::uint32_t slots) {
  const std::uint32_t state = __atomic_load_n(&entry.state, __ATOMIC_ACQUIRE);
  if (state == CGT_RETIRE_NONE) return true;
  if (state > CGT_RETIRE_QUARANTINED || entry.slot >= slots) return false;
  if (state == CGT_RETIRE_QUARANTINED) return entry.quarantined_until_ns <= kLatest;
  if (entry.into_slot >= slots || entry.key.kind >= CGT_KINDS) return false;
  if (state == CGT_RETIRE_LEAVING) return true;
  const std::uint64_t number = entry.final_totals_seq;
  return number <= __atomic_load_n(&header.final_totals_written, __ATOMIC_ACQUIRE) + 1;
}

std::optional<Error> find_damage(const cgt_header& header, const MapSizes& size) {
  if (const auto wrong = wrong_figure(header, size)) return damaged_ledger(*wrong);
  for (std::size_t at = 0; at < CGT_RETIRE_ENTRIES; ++at) {
    if (is_sound(header.journal[at], header, size.slots)) continue;
    const cgt_retire_entry& entry = header.journal[at];
    return damaged_ledger(
        fmt::format("entry {} of its journal moves slot {} into slot {} in state {}, of {} slots",
                    at, entry.slot, entry.into_slot, entry.state, size.slots));
  }
  return std::nullopt;
}

Result<void> check_accounts(int slots_fd, std::uint32_t slots) {
  std::vector<std::optional<cgt_key>> owners(slots);
  std::optional<std::string> wrong;
  const auto listed = for_each_batch<std::uint32_t, cgt_key>(
      slots_fd, "list the accounts of the ledger",
      [&](std::span<const cgt_key> keys, std::span<const std::uint32_t> of_keys) {
        for (std::size_t i = 0; i < keys.size() && !wrong; ++i) {
          const cgt_key& key = keys[i];
          const std::uint32_t slot = of_keys[i];
          if (key.kind >= CGT_KINDS) {
            wrong = fmt::format("in its map slots, {} is no account", words_of(key));
          } else if (slot >= slots) {
            wrong =
                fmt::format("in its map slots, {} has slot {}, of {}", words_of(key), slot, slots);
          } else if (owners[slot] && share_slot(slots_fd, *owners[slot], key, slot)) {
            wrong = fmt::format("in its map slots, both {} and {} have slot {}",
                                words_of(*owners[slot]), words_of(key), slot);
          } else {
            owners[slot] = key;
          }
        }
      });
  if (!listed) return listed;
  if (wrong) return std::unexpected(damaged_ledger(*wrong));
  return {};
}

Result<void> check_interfaces(int interfaces_fd, std::uint32_t slots) {
  std::optional<std::string> wrong;
  const auto listed = for_each_batch<cgt_interface, std::uint32_t>(
      interfaces_fd, "list the interfaces of the ledger",
      [&](std::span<const std::uint32_t> keys, std::span<const cgt_interface> records) {
        for (std::size_t i = 0; i < keys.size() && !wrong; ++i) {
          const auto figure = wrong_figure(records[i], slots);
          if (figure) wrong = fmt::format("of interface {}: {}", keys[i], *figure);
        }
      });
  if (!listed) return listed;
  if (wrong) return std::unexpected(damaged_ledger(*wrong));
  return {};
}

Result<void> check_lives(int lives_fd, int aftermaths_fd) {
  Result<void> listed;
  auto wrong = entry_of_no_time<cgt_life>(lives_fd, "lives", listed);
  if (!listed) return listed;
  if (!wrong) wrong = entry_of_no_time<cgt_aftermath>(aftermaths_fd, "aftermaths", listed);
  if (!listed) return listed;
  if (wrong) return std::unexpected(damaged_ledger(*wrong));
  return {};
}

std::optional<Account> account_in(const cgt_key& key) {
  // Kinds are converted by their number, here alone.
  static_assert(static_cast<int>(AccountKind::kernel) == CGT_KERNEL, "in the ABI's order");
  static_assert(static_cast<int>(AccountKind::folded) + 1 == CGT_KINDS, "each kind of the ABI");
  if (key.kind >= CGT_KINDS) return std::nullopt;
  return Account{static_cast<AccountKind>(key.kind), key.cgroup_id};
}

Nanoseconds time_in(std::uint64_t raw) {
  return Nanoseconds{static_cast<std::int64_t>(std::min(raw, kLatest))};
}

std::optional<Nanoseconds> time_unless_zero(std::uint64_t raw) {
  if (raw == 0) return std::nullopt;
  return time_in(raw);
}

}  // namespace cgtally::bpf
