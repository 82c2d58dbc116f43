// SPDX-License-Identifier: Apache-2.0
// The account of a slot that a window names. A retired account's slot stays in quarantine for one
// ring length, so an answer is right for every window that was read within that time.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/traffic/account.h"

namespace cgtally::bpf {

class Ledger;

// Resolves slots for the window thread, from the ledger's hash and journal, with a cache. Does not
// judge whether a window is too old to be resolved (monitor/bursts/slot_resolver.h does).
class SlotAccounts {
 public:
  // The ledger must outlive this.
  explicit SlotAccounts(const Ledger& ledger) : ledger_(&ledger) {}

  // Empty if the slot has been freed in the meantime.
  [[nodiscard]] std::optional<Account> owner_of(std::uint32_t slot);
  // Changes with each retirement, one ring length before the slot can become another account's.
  [[nodiscard]] std::uint64_t retire_generation() const;

 private:
  [[nodiscard]] std::optional<Account> leaving(std::uint32_t slot) const;
  [[nodiscard]] std::optional<Account> staying(std::uint32_t slot) const;

  const Ledger* ledger_;
  std::uint64_t generation_ = 0;  // for which known_ holds
  std::unordered_map<std::uint32_t, Account> known_;
};

}  // namespace cgtally::bpf
