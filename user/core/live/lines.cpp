// SPDX-License-Identifier: Apache-2.0
#include "core/live/lines.h"

#include <fmt/core.h>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/screen.h"
#include "core/live/words.h"

namespace cgtally {
namespace {

std::string others_with_count(const Shortlist& list) {
  return fmt::format("{} {} {}", list.others->account, list.other_count,
                     list.other_count == 1 ? "account" : "accounts");
}

// One line for each part; a burst has a line only if it is new or goes on.
std::vector<std::string> plain_extras(const Report& report) {
  std::vector<std::string> lines = credit_parts(report.credits);
  if (!report.bursts) return lines;
  lines.push_back(burst_count_words(*report.bursts));
  if (report.bursts->second) {
    const auto parts = last_second_parts(*report.bursts->second, true);
    lines.push_back(fmt::format("{} {}", parts.front(), parts.back()));
  }
  for (std::size_t i = report.bursts->fresh; i-- > 0;) {
    const BurstNote& note = report.bursts->latest[i];
    lines.push_back(burst_note_words(note, std::string::npos));
  }
  for (const BurstNote& note : report.bursts->under_way) {
    lines.push_back(burst_note_words(note, std::string::npos));
  }
  return lines;
}

}  // namespace

std::vector<std::string> plain_lines(const Report& report, std::size_t top) {
  const std::string time = format_clock(report.taken.wall) + " ";
  std::vector<std::string> lines{time + headline(report)};
  for (const InterfaceLine& line : report.interfaces) {
    lines.push_back(fmt::format("{}{}  {}", time, interface_rates(line), interface_shares(line)));
    if (line.owners) {
      lines.push_back(
          fmt::format("{}{}  {}", time, printable(line.name), owner_words(*line.owners)));
    }
  }
  for (const std::string& line : plain_extras(report)) {
    lines.push_back(time + line);
  }
  const Shortlist list = shortlist(report.accounts, top);
  std::vector<AccountLine> accounts = list.lines;
  if (list.others) {
    accounts.push_back(*list.others);
    accounts.back().account = others_with_count(list);
  }
  const std::vector<std::string> names =
      names_of(accounts, std::vector(accounts.size(), std::string::npos));
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const AccountLine& line = accounts[i];
    const std::string connections =
        line.connections
            ? fmt::format("  conn {} delay {}", connections_words(line), delay_words(line))
            : "";
    const std::string exited = line.exited_ago ? fmt::format(" {}", exit_mark(line)) : "";
    lines.push_back(fmt::format("{}  {}  {}  total rx {} tx {}{}{}", time, names[i],
                                both_rates(line.rates), format_bytes(line.totals.rx_bytes),
                                format_bytes(line.totals.tx_bytes), connections, exited));
  }
  return lines;
}

}  // namespace cgtally
