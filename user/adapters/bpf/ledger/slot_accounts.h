// SPDX-License-Identifier: Apache-2.0
// Whose bytes a window speaks of: the account behind a slot that a window names. A slot rests for a
// lap of the rings before it is another's, so an answer is right for every window that was read
// within the lap.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/traffic/account.h"

namespace cgtally::bpf {

class Ledger;

class SlotAccounts {
 public:
  // The ledger must outlive this.
  explicit SlotAccounts(const Ledger& ledger) : ledger_(&ledger) {}

  // None: the slot has been freed in the meantime.
  [[nodiscard]] std::optional<Account> owner_of(std::uint32_t slot);
  // Moves with each fold, a lap of the rings before that slot can be another's.
  [[nodiscard]] std::uint64_t retire_generation() const;

 private:
  [[nodiscard]] std::optional<Account> leaving(std::uint32_t slot) const;
  [[nodiscard]] std::optional<Account> staying(std::uint32_t slot) const;

  const Ledger* ledger_;
  std::uint64_t generation_ = 0;  // that the known ones are of
  std::unordered_map<std::uint32_t, Account> known_;
};

}  // namespace cgtally::bpf
