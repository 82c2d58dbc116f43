// SPDX-License-Identifier: Apache-2.0
#include "core/health/overflow.h"

#include <fmt/core.h>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

constexpr std::uint64_t kMoreSlots = 4;  // times as many

std::uint64_t overflow_bytes(const std::vector<AccountTotals>& accounts) {
  std::uint64_t bytes = 0;
  for (const AccountTotals& one : accounts) {
    if (one.account.kind == AccountKind::overflow) bytes += one.totals.bytes();
  }
  return bytes;
}

}  // namespace

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
          ? fmt::format("cgtally down --forget; cgtally up --slots {}", slots * kMoreSlots)
          : fmt::format("--slots {}", slots * kMoreSlots);
  return fmt::format(
      "all {} slots of the ledger are taken: {} so far are on (overflow) and not on their own "
      "accounts; for more slots: {}",
      format_count(slots), format_bytes(Bytes{bytes - base_}), cure);
}

}  // namespace cgtally
