// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/credits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr std::array<std::string_view, 19> kColumns{"time",
                                                    "boot_ns",
                                                    "host",
                                                    "direction",
                                                    "state",
                                                    "rate_bps",
                                                    "baseline_bps",
                                                    "burst_bps",
                                                    "capacity_lo_bytes",
                                                    "capacity_hi_bytes",
                                                    "balance_lo_bytes",
                                                    "balance_hi_bytes",
                                                    "empty_in_lo_s",
                                                    "empty_in_hi_s",
                                                    "basis",
                                                    "exceeded",
                                                    "verdict",
                                                    "top_account",
                                                    "top_share"};

// Lower bounds are rounded down and upper bounds up, so that rounding does not exclude the true
// value.
void add_low(RecordWriter& row, double bytes) {
  row.add(static_cast<std::uint64_t>(std::max(bytes, 0.0)));
}

void add_high(RecordWriter& row, double bytes) {
  if (bytes == ByteRange::kUnbounded) {
    row.add("");
    return;
  }
  const auto down = static_cast<std::uint64_t>(std::max(bytes, 0.0));
  row.add(static_cast<double>(down) < bytes ? down + 1 : down);
}

void add_seconds(RecordWriter& row, const std::optional<double>& seconds) {
  row.add(seconds ? fmt::format("{:.3f}", *seconds) : "");
}

}  // namespace

std::string credits_header() {
  RecordWriter row;
  for (const std::string_view name : kColumns) row.add(name);
  return std::move(row).line();
}

std::vector<std::string> credits_rows(const CreditReport& report) {
  std::vector<std::string> rows;
  for (const Direction direction : kCreditOrder) {
    const DirectionCredit& credit = report.directions[direction];
    if (!credit.watched || !credit.recorded) continue;
    RecordWriter row;
    row.add(format_timestamp(report.taken.wall))
        .add(static_cast<std::uint64_t>(report.taken.boot.count()))
        .add(report.host)
        .add(direction_name(credit.direction))
        .add(credit_state_name(credit.state))
        .add(credit.rate.bits_per_second)
        .add(credit.terms.baseline.bits_per_second)
        .add(credit.terms.burst.bits_per_second);
    add_low(row, credit.capacity.lo);
    add_high(row, credit.capacity.hi);
    add_low(row, credit.balance.lo);
    add_high(row, credit.balance.hi);
    add_seconds(row, credit.empty ? std::optional(credit.empty->lo_s) : std::nullopt);
    add_seconds(row, credit.empty ? credit.empty->hi_s : std::nullopt);
    row.add(basis_name(credit.capacity_basis));
    row.add(credit.exceeded ? std::to_string(*credit.exceeded) : "");
    row.add(verdict_name(credit.verdict));
    const bool some = !credit.top_accounts.named.empty();
    row.add(some ? credit.top_accounts.named.front().account : "");
    row.add(some ? fmt::format("{:.4f}", credit.top_accounts.named.front().share) : "");
    rows.push_back(std::move(row).line());
  }
  return rows;
}

}  // namespace cgtally::csv
