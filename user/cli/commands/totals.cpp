// SPDX-License-Identifier: Apache-2.0
// One reading of the pinned ledger: the table on stdout, unless stdout gets the rows or the
// document.
#include "cli/commands/commands.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/totals.h"
#include "adapters/terminal/terminal.h"
#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "core/totals/document.h"
#include "core/totals/table.h"
#include "monitor/notices.h"
#include "monitor/output/account_notice.h"
#include "monitor/pinned/totals_reading.h"

namespace cgtally::cli {
namespace {

struct TotalsOptions {
  monitor::TotalsChoice choice;
  std::optional<std::size_t> top;
  csv::RowFile csv;
  bool json = false;

  [[nodiscard]] std::size_t most() const {
    return top.value_or(std::numeric_limits<std::size_t>::max());
  }
};

Result<void> write_rows(const TotalsReport& report, const TotalsOptions& options) {
  auto sink = csv::FileSink::open(options.csv, csv::totals_header());
  if (!sink) return std::unexpected(std::move(sink).error());
  std::vector<std::string> rows;
  const std::size_t shown = std::min(options.most(), report.rows.size());
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(csv::totals_row(report, report.rows[i]));
  return sink->write(rows);
}

std::string table_text(const TotalsReport& report, std::size_t most) {
  std::string text;
  for (const std::string& line :
       totals_table(report, most, terminal::size(STDOUT_FILENO).columns)) {
    text += fmt::format("{}\n", line);
  }
  return text;
}

// A wrong pattern and a silent account must not look the same.
void name_others(const TotalsOptions& options) {
  monitor::TotalsChoice all = options.choice;
  all.account.clear();
  const auto report = monitor::read_totals(all);
  if (!report) return;
  monitor::AccountNotice notice(options.choice.account);
  for (const TotalsRow& row : report->rows) notice.see(row.account, row.owner);
  monitor::Notices notices;
  notices.deliver_to(say);
  notice.tell(notices);
}

int run_totals(const TotalsOptions& options) {
  const auto report = monitor::read_totals(options.choice);
  if (!report) return print_start_error(report.error(), options.choice.choice.host_root);
  if (report->rows.empty() && !options.choice.account.empty()) name_others(options);
  if (!options.csv.empty()) {
    const auto written = write_rows(*report, options);
    if (!written || options.csv.to_stdout()) return exit_code_of_output(written);
  }
  return print_answer(options.json ? totals_document(*report, options.most())
                                   : table_text(*report, options.most()));
}

}  // namespace

void add_totals(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<TotalsOptions>();
  monitor::TotalsChoice& choice = options->choice;
  CLI::App& command =
      add_command(app, "totals", "Show what every account has moved since the pinned ledger began");
  add_list(command,
           {.name = "-i,--iface",
            .help = "Interface of the ledger; (gone) are those that no longer exist; repeatable",
            .fallback = "all"},
           "NAME|GLOB", choice.choice.interfaces);
  add_list(command,
           {.name = "--netns",
            .help = "Network namespace whose interfaces are shown; repeatable",
            .fallback = "all"},
           "NAME|PID|PATH", choice.choice.netns);
  add_text(
      command,
      {.name = "--account",
       .help = "Show only accounts whose path or name matches, such as 'shop/api-*' or '(kernel)'"},
      "GLOB", choice.account);
  add_by_option(command, choice.by);
  add_count(command,
            {.name = "--top",
             .help = "Show the N rows with most bytes; the table sums up the others",
             .fallback = "all"},
            kTops, into(options->top));
  add_text(command, {.name = "--csv", .help = "Append the rows to this file; - is stdout"},
           "FILE|-", options->csv.path);
  add_plain_names_option(command, options->csv);
  add_flag(command, {.name = "--json", .help = "Write one JSON document instead of the table"},
           options->json);
  exclude_each_other(command, "--csv", "--json");
  add_host_root_option(command, choice.choice.host_root);
  add_bpffs_option(command, choice.bpffs);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_totals(*options); }; });
}

}  // namespace cgtally::cli
