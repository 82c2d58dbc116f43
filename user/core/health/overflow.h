// SPDX-License-Identifier: Apache-2.0
// The sentence on a full ledger, at the moment when it first costs an account its traffic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

inline constexpr std::uint64_t kMostSlots = 1'048'576;  // that --slots takes

// What to take instead of a number of slots that did not suffice: four times as many.
[[nodiscard]] std::uint64_t more_slots(std::uint64_t slots);

// Looks at the totals of `(overflow)` in each reading and speaks once: not at each interval, and
// not only at the end. Every command that counts has one, and so has the keeper. Does not print.
class OverflowAlarm {
 public:
  // `pinned`: the ledger is older than this run, and so may be its overflow: only what is added is
  // told.
  enum class LedgerKind : std::uint8_t { own, pinned };
  explicit OverflowAlarm(LedgerKind kind) : kind_(kind) {}

  // The sentence with its cure; empty if there is nothing new to say. `ledger`: its id.
  [[nodiscard]] std::optional<std::string> update(const std::string& ledger,
                                                  const std::vector<AccountTotals>& accounts,
                                                  std::uint32_t slots);

 private:
  LedgerKind kind_;
  std::optional<std::string> ledger_;
  std::uint64_t base_ = 0;  // bytes
  bool said_ = false;
};

}  // namespace cgtally
