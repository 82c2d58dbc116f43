// SPDX-License-Identifier: Apache-2.0
// Damage: figures of a ledger's maps that no cgtally has written. Whoever may write to BPF maps, a
// fault of a kernel or of cgtally itself can leave them. Nothing is used as an index, a divisor or
// the end of a loop before it was looked at here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/traffic/account.h"

struct cgt_header;
struct cgt_key;
struct cgt_retire_entry;

namespace cgtally::bpf {

// "the ledger is damaged: WHAT", and what to do.
[[nodiscard]] Error damaged_ledger(const std::string& what);

// What the maps themselves say of their size.
struct MapSizes {
  std::uint32_t slots;
  std::uint32_t rows;
  std::uint32_t final_totals;
};

// The first figure of the header or its journal that cannot be.
[[nodiscard]] std::optional<Error> find_damage(const cgt_header& header, const MapSizes& sizes);

// Whether both slots of an entry that is in use are in the ledger, and its number is not beyond
// the next one. Holds at any moment of a keeper's work.
[[nodiscard]] bool is_sound(const cgt_retire_entry& entry, const cgt_header& header,
                            std::uint32_t slots);

// The first entry of the map of slots that cannot be: an account of no kind, a slot that there is
// not, a slot of two accounts. Others may write meanwhile.
[[nodiscard]] Result<void> check_accounts(int slots_fd, std::uint32_t slots);
// The same of the records of interfaces.
[[nodiscard]] Result<void> check_interfaces(int interfaces_fd, std::uint32_t slots);
// The same of the lives of cgroups, and of what followed them.
[[nodiscard]] Result<void> check_lives(int lives_fd, int aftermaths_fd);

// The account of a key; empty if there is no such kind.
[[nodiscard]] std::optional<Account> account_in(const cgt_key& key);

// A time or length of a record. One that cannot be is the latest: what is added to it or taken
// from it still fits.
[[nodiscard]] Nanoseconds time_in(std::uint64_t raw);
[[nodiscard]] std::optional<Nanoseconds> time_unless_zero(std::uint64_t raw);

}  // namespace cgtally::bpf
