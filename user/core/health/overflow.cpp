// SPDX-License-Identifier: Apache-2.0
#include "core/health/overflow.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

std::uint64_t overflow_bytes(const std::vector<AccountTotals>& accounts) {
  std::uint64_t bytes = 0;
  for (const AccountTotals& one : accounts) {
    if (one.account.kind == AccountKind::overflow) bytes += one.totals.bytes();
  }
  return bytes;
}

}  // namespace

std::uint64_t more_slots(std::uint64_t slots) { return std::min(slots * 4, kMostSlots); }

std::optional<std::string> OverflowAlarm::update(const std::string& ledger,
                                                 const std::vector<AccountTotals>& accounts,
                                                 std::uint32_t slots) {
  const std::uint64_t bytes = overflow_bytes(accounts);
  if (ledger_ != ledger) {
    const bool older = kind_ == LedgerKind::pinned && !ledger_;
    base_ = older ? bytes : 0;
    said_ = false;
    ledger_ = ledger;
  }
  if (said_ || bytes <= base_) return std::nullopt;
  said_ = true;
  const std::string cure =
      kind_ == LedgerKind::pinned
          ? fmt::format("cgtally down --forget; cgtally up --slots {}", more_slots(slots))
          : fmt::format("--slots {}", more_slots(slots));
  return fmt::format(
      "all {} slots of the ledger are taken: {} so far are on (overflow) and not on their own "
      "accounts; for more slots: {}",
      format_count(slots), format_bytes(Bytes{bytes - base_}), cure);
}

}  // namespace cgtally
