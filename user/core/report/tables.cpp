// SPDX-License-Identifier: Apache-2.0
// Long tables end with a row that sums up the others, or say how many there are.
#include "core/report/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/base/timestamp.h"
#include "core/html/html.h"
#include "core/lifecycle/lines.h"
#include "core/report/words.h"

namespace cgtally::report {
namespace {

constexpr std::size_t kMostRows = 100;

std::string mean_words(Bytes bytes, Nanoseconds recorded) {
  const auto value = rate(bytes, recorded);
  return value ? format_bit_rate(*value) : "-";
}

std::string peak_words(const Peak& peak) {
  return peak.wall > Nanoseconds::zero() ? format_bit_rate(peak.rate) : "-";
}

std::string moment_words(const Findings& findings, Nanoseconds wall) {
  if (wall <= Nanoseconds::zero()) return "-";
  return time_beside(wall, findings.begin(), findings.end());
}

std::string interfaces_table(const Findings& findings) {
  html::Table table("Interfaces",
                    {"Host", "Interface", "Direction", "Bytes", "Mean", "Peak", "Peak at", "Named"},
                    3);
  for (const InterfaceReplay& one : findings.traffic->interfaces) {
    for (const Direction direction : {Direction::tx, Direction::rx}) {
      const Bytes moved = bytes_of(one.moved, direction);
      table.add({one.host, one.iface, std::string(moved_word(direction)), format_bytes(moved),
                 mean_words(moved, one.recorded), peak_words(one.peaks[direction]),
                 moment_words(findings, one.peaks[direction].wall),
                 share_words(static_cast<double>(bytes_of(one.named, direction).value),
                             static_cast<double>(moved.value))});
    }
  }
  return table.html();
}

std::string state_words(const AccountReplay& account) {
  if (account.lives > 1) return counted(account.lives, "live");
  return account.state == SampleState::exited ? "exited" : "live";
}

std::string accounts_table(const Findings& findings) {
  const auto& accounts = findings.traffic->accounts;
  html::Table table("Accounts, most bytes first",
                    {"Account", "Interface", "State", "Sent", "Mean sent", "Peak sent", "Received",
                     "Mean received", "Peak received"},
                    3);
  for (std::size_t i = 0; i < std::min(accounts.size(), kMostRows); ++i) {
    const AccountReplay& one = accounts[i];
    table.add(
        {one.label.empty() ? one.account : one.label,
         findings.traffic->hosts.size() > 1 ? fmt::format("{}:{}", one.host, one.iface) : one.iface,
         state_words(one), format_bytes(one.moved.tx_bytes),
         mean_words(one.moved.tx_bytes, one.recorded), peak_words(one.peaks.tx),
         format_bytes(one.moved.rx_bytes), mean_words(one.moved.rx_bytes, one.recorded),
         peak_words(one.peaks.rx)});
  }
  if (accounts.size() > kMostRows) {
    Traffic others;
    for (std::size_t i = kMostRows; i < accounts.size(); ++i) others += accounts[i].moved;
    table.add({counted(accounts.size() - kMostRows, "other"), "", "", format_bytes(others.tx_bytes),
               "", "", format_bytes(others.rx_bytes), "", ""});
  }
  return table.html();
}

std::string bursts_table(const Findings& findings) {
  std::vector<RecordedBurst> bursts = findings.bursts.largest();
  if (bursts.empty()) return {};
  std::ranges::stable_sort(bursts, std::greater{}, &RecordedBurst::bytes);
  if (bursts.size() > kMostRows) bursts.resize(kMostRows);
  html::Table table(bursts.size() < findings.bursts.count()
                        ? fmt::format("The {} largest bursts of {}", format_count(bursts.size()),
                                      format_count(findings.bursts.count()))
                        : "Bursts, most bytes first",
                    {"Began", "Interface", "Direction", "Led by", "Cause", "Share", "Bytes",
                     "Length", "Peak", "Held back"},
                    5);
  for (const RecordedBurst& one : bursts) {
    table.add({moment_words(findings, one.wall), one.iface, std::string(moved_word(one.direction)),
               one.account, one.cause, one.account.empty() ? "-" : share_words(one.share, 1),
               format_bytes(one.bytes), format_duration(one.length), format_bit_rate(one.peak),
               one.exceeded ? format_count(*one.exceeded) : "not known"});
  }
  return table.html();
}

std::string tail_words(const lifecycle::Row& row) {
  const auto tail = lifecycle::tail_of(row);
  if (!tail) return "not known";
  return *tail == Nanoseconds::zero() ? "nothing" : format_duration(*tail);
}

std::string lives_table(const Findings& findings) {
  html::Table table(
      "Ends of containers",
      {"Ended", "Container", "Lived", "Refused", "Late packets", "Lost something for"}, 2);
  std::size_t shown = 0;
  for (const lifecycle::Row& row : findings.lives) {
    if (row.event != lifecycle::Event::ended || shown == kMostRows) continue;
    table.add({moment_words(findings, row.at.wall), row.label(),
               row.lived ? format_duration(*row.lived) : "-",
               row.pod && row.pod->refusals_known
                   ? format_count(row.pod->refused + row.pod->refused_before)
                   : "-",
               format_count(row.late.packets.value), tail_words(row)});
    ++shown;
  }
  return shown == 0 ? "" : table.html();
}

std::string files_table(const Findings& findings) {
  html::Table table("Files", {"File", "What it is", "Rows"}, 2);
  for (const SourceFile& file : findings.files) {
    table.add({file.name, file.kind, format_count(file.rows)});
  }
  return table.html();
}

}  // namespace

std::string tables_html(const Findings& findings) {
  std::string html;
  if (findings.traffic) html += interfaces_table(findings) + accounts_table(findings);
  html += bursts_table(findings);
  if (findings.has_lives) html += lives_table(findings);
  return html + files_table(findings);
}

}  // namespace cgtally::report
