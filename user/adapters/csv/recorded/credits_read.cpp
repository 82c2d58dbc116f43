// SPDX-License-Identifier: Apache-2.0
// A row is one direction; the rows of a moment follow each other.
#include <expected>
#include <optional>
#include <string>

#include "adapters/csv/credits.h"
#include "adapters/csv/recorded/column_reader.h"
#include "adapters/csv/recorded/recorded.h"
#include "core/base/enum_names.h"

namespace cgtally::csv {
namespace {

CreditState state_from(ColumnReader& row) {
  for (const CreditState state :
       {CreditState::none, CreditState::unknown, CreditState::earning, CreditState::full,
        CreditState::draining, CreditState::exhausted}) {
    if (row.text("state") == credit_state_name(state)) return state;
  }
  row.reject("state", "a state such as draining");
  return CreditState::unknown;
}

ByteRange range_from(ColumnReader& row, std::string_view low, std::string_view high) {
  const auto most = row.number_if_known(high);
  return {.lo = static_cast<double>(row.number(low)),
          .hi = most ? static_cast<double>(*most) : ByteRange::kUnbounded};
}

void add_top_account(ColumnReader& row, DirectionCredit& credit) {
  if (row.text("top_account").empty()) return;
  TopAccount top;
  top.account = row.text("top_account");
  top.share = row.share("top_share");
  credit.top_accounts.named.push_back(std::move(top));
}

DirectionCredit credit_from(ColumnReader& row, Direction direction) {
  DirectionCredit credit;
  credit.direction = direction;
  credit.state = state_from(row);
  credit.rate = credit.mean = {row.number("rate_bps")};
  credit.terms.baseline = {row.number("baseline_bps")};
  credit.terms.burst = {row.number("burst_bps")};
  credit.capacity = range_from(row, "capacity_lo_bytes", "capacity_hi_bytes");
  credit.terms.capacity = credit.capacity;
  credit.balance = range_from(row, "balance_lo_bytes", "balance_hi_bytes");
  const auto basis = parse_basis(row.text("basis"));
  if (!basis) row.reject("basis", "told, learned or prior");
  credit.capacity_basis = credit.terms.capacity_basis = basis.value_or(Basis::prior);
  if (const auto low = row.decimal_if_known("empty_in_lo_s")) {
    credit.empty = {.lo_s = *low, .hi_s = row.decimal_if_known("empty_in_hi_s")};
  }
  credit.exceeded = row.number_if_known("exceeded");
  add_top_account(row, credit);
  return credit;
}

std::vector<std::string> credit_columns() {
  std::vector<std::string> names(1);
  for (const char c : credits_header()) {
    if (c == '\n') break;
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

CreditReport without_directions(const Moment& taken, const std::string& host) {
  CreditReport credits;
  credits.taken = taken;
  credits.host = host;
  for (const Direction direction : kDirections) credits.directions[direction].watched = false;
  credits.has_counters = false;
  return credits;
}

}  // namespace

bool is_credits_header(const std::string& line) {
  const std::string header = credits_header();
  return line.starts_with(header.substr(0, header.size() - 1));
}

Result<void> for_each_credit_report(std::istream& in, const std::string& name,
                                    const OnCreditReport& on_report) {
  auto rows = ColumnReader::open(in, name, "give a CSV as cgtally credits --csv writes it");
  if (!rows) return std::unexpected(std::move(rows).error());
  const std::vector<std::string> columns = credit_columns();
  if (auto all = rows->need({columns.begin(), columns.end()}); !all) return all;
  std::optional<CreditReport> now;
  for (;;) {
    auto more = rows->next();
    if (!more) return std::unexpected(std::move(more).error());
    if (!*more) break;
    const Moment taken{.boot = rows->nanoseconds("boot_ns"), .wall = rows->time("time")};
    const auto direction =
        rows->text("direction") == direction_name(Direction::rx) ? Direction::rx : Direction::tx;
    const DirectionCredit credit = credit_from(*rows, direction);
    if (auto good = rows->good(); !good) return good;
    const bool same = now && now->taken.boot == taken.boot && now->host == rows->text("host");
    if (now && !same) on_report(*now);
    if (!same) now = without_directions(taken, rows->text("host"));
    now->directions[direction] = credit;
  }
  if (now) on_report(*now);
  return {};
}

}  // namespace cgtally::csv
