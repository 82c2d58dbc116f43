// SPDX-License-Identifier: Apache-2.0
// A line on stdout as soon as a check is done; the report after them if a check failed, or into the
// file that the user named.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "adapters/terminal/terminal.h"
#include "adapters/text/output.h"
#include "cli/commands/commands.h"
#include "cli/options/common.h"
#include "cli/options/version.h"
#include "cli/output/messages.h"
#include "monitor/selftest/selftest.h"

namespace cgtally::cli {
namespace {

struct SelftestOptions {
  std::string report;  // path, "-" or empty
  bool json = false;
  std::string host_root;
};

// A reader that has gone does not change the verdict.
Result<void> show(const std::string& text) {
  auto written = terminal::write_all(STDOUT_FILENO, text);
  if (!written && written.error().code == EPIPE) return {};
  return written;
}

Result<void> write_report(const selftest::SelftestReport& report, const SelftestOptions& options) {
  const std::string text = selftest::report_text(report);
  if (!options.report.empty() && options.report != "-") {
    return text::write_file(options.report, text);
  }
  const bool failed = selftest::any_failed(report.checks);
  const bool wanted = options.report == "-" || (failed && !options.json);
  if (!wanted) return {};
  const char* heading =
      failed ? "\nA check failed. Please report it, with what follows:\n\n" : "\n";
  return show(heading + text);
}

int run_selftest(const SelftestOptions& options) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  Result<void> shown;
  const auto show_check = [&](const selftest::CheckResult& check) {
    if (options.json) return;
    for (const std::string& line : selftest::check_lines(check)) {
      if (shown) shown = show(line + "\n");
    }
  };
  const auto report = monitor::run_selftest(program_version(), options.host_root,
                                            {.on_notice = say, .on_check = show_check});
  if (!report) return print_start_error(report.error(), options.host_root);
  if (shown) {
    shown = show(options.json ? selftest::selftest_document(*report)
                              : selftest::summary_line(*report) + "\n");
  }
  const Result<void> written = write_report(*report, options);
  for (const Result<void>* done : {&std::as_const(shown), &written}) {
    if (!*done) return print_error(done->error());
  }
  return number(selftest::any_failed(report->checks) ? ExitCode::failed : ExitCode::fine);
}

}  // namespace

void add_selftest(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<SelftestOptions>();
  CLI::App& command = add_command(app, "selftest",
                                  "Count traffic of known size in a network of its own, and say "
                                  "whether this kernel lets cgtally count each byte");
  add_text(command,
           {.name = "--report",
            .help = "Write a report that can be pasted into an issue to this file; - is stdout",
            .fallback = "printed if a check fails"},
           "FILE|-", options->report);
  add_flag(command, {.name = "--json", .help = "Write one JSON document instead of the lines"},
           options->json);
  add_host_root_option(command, options->host_root);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_selftest(*options); }; });
}

}  // namespace cgtally::cli
