// SPDX-License-Identifier: Apache-2.0
#include "core/totals/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally {
namespace {

constexpr std::size_t kLeastWidth = 80;
constexpr std::size_t kState = 7;
constexpr std::size_t kMostInterface = 15;
constexpr std::size_t kBytes = 9;
constexpr std::size_t kShare = 6;
constexpr std::size_t kMostShared = 5;  // lines about accounts that have packets of others

std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

// The rows of one report as lines of the same columns.
class Table {
 public:
  Table(const TotalsReport& report, std::size_t most, std::size_t width)
      : rows_(report.rows), shown_(std::min(most, rows_.size())), all_(sum_of(rows_)) {
    for (const TotalsRow& row : rows_) interfaces_.insert(row.iface);
    for (const std::string& name : interfaces_) {
      interface_ = std::max(interface_, display_width(printable(name)));
    }
    interface_ = std::min(interface_, kMostInterface);
    const std::size_t others = kState + interface_ + 2 * kBytes + kShare + 5;
    account_ = std::max(width, kLeastWidth) - others;
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    lines.push_back(line("ACCOUNT", "STATE", "IFACE", "RX", "TX", "SHARE"));
    std::vector<std::string> names;
    std::vector<std::string> accounts;
    for (std::size_t i = 0; i < shown_; ++i) {
      names.push_back(printable(rows_[i].label()));
      accounts.push_back(rows_[i].account);
    }
    names = shorten_all(names, accounts, std::vector(names.size(), account_));
    for (std::size_t i = 0; i < shown_; ++i) {
      const TotalsRow& row = rows_[i];
      const bool marked = row.state != TotalsState::live && !row.account.starts_with('(');
      const bool retired = row.state == TotalsState::retired;
      lines.push_back(line(names[i],
                           retired  ? "retired"
                           : marked ? "ended"
                                    : "",
                           row.iface, row.totals));
    }
    if (shown_ < rows_.size()) {
      const std::vector<TotalsRow> rest(rows_.begin() + static_cast<std::ptrdiff_t>(shown_),
                                        rows_.end());
      lines.push_back(line(counted(rest.size(), "other", "others"), "", "", sum_of(rest)));
    }
    lines.push_back(line(fmt::format("sum of {}", counted(rows_.size(), "line", "lines")), "",
                         interfaces_.size() == 1 ? *interfaces_.begin() : "", all_));
    return lines;
  }

 private:
  [[nodiscard]] std::string line(std::string_view account, std::string_view state,
                                 std::string_view iface, std::string_view rx, std::string_view tx,
                                 std::string_view part) const {
    return fmt::format("{} {} {} {:>{}} {:>{}} {:>{}}", pad_right(account, account_),
                       pad_right(state, kState), pad_right(iface, interface_), rx, kBytes, tx,
                       kBytes, part, kShare);
  }
  [[nodiscard]] std::string line(std::string_view account, std::string_view state,
                                 const std::string& iface, const Traffic& totals) const {
    return line(account, state, shorten(printable(iface), interface_),
                format_bytes(totals.rx_bytes), format_bytes(totals.tx_bytes),
                percent(share(totals.bytes(), all_.bytes())));
  }

  const std::vector<TotalsRow>& rows_;
  std::size_t shown_;
  Traffic all_;
  std::set<std::string> interfaces_;
  std::size_t interface_ = 5;  // columns: the header's
  std::size_t account_ = 0;    // likewise
};

}  // namespace

std::vector<std::string> totals_table(const TotalsReport& report, std::size_t most,
                                      std::size_t width) {
  std::vector<std::string> lines;
  if (report.rows.empty()) {
    lines.emplace_back("nothing was counted yet on what is chosen");
  } else {
    lines = Table(report, most, width).lines();
  }
  lines.push_back(fmt::format("totals since {} ({}), never reset; wire bytes, decimal",
                              format_date_time(report.since.wall),
                              format_duration(report.taken.boot - report.since.boot)));
  for (const SharedAccount& one :
       std::span(report.shared).first(std::min(kMostShared, report.shared.size()))) {
    lines.push_back(fmt::format("{}: {} of cgroups below it are in its account, for want of slots",
                                printable(one.account), counted(one.packets, "packet", "packets")));
  }
  if (!report.counting) {
    lines.emplace_back("the ledger is down: nothing is counted now; cgtally up goes on from here");
  }
  return lines;
}

}  // namespace cgtally
