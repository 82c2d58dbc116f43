// SPDX-License-Identifier: Apache-2.0
// Makes one page of recordings. An existing page is replaced when the new one is whole.
#include "cli/commands/commands.h"

#include <unistd.h>

#include <memory>

#include "adapters/text/output.h"
#include "cli/options/common.h"
#include "cli/options/instance.h"
#include "cli/options/replay.h"
#include "cli/options/version.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"
#include "monitor/offline/report_builder.h"

namespace cgtally::cli {
namespace {

struct ReportCommand {
  monitor::ReportOptions report;
  std::string output;
};

int run_report(const ReportCommand& options) {
  if (options.output.empty() && ::isatty(STDOUT_FILENO) != 0) {
    return print_error({.what = "report writes HTML, and stdout is a terminal",
                        .hint = "name a file: -o report.html",
                        .failure = Failure::usage});
  }
  if (auto checked = monitor::check(options.report.credits); !checked) {
    return print_error(checked.error());
  }
  const auto page = monitor::report_page(options.report);
  if (!page) return print_error(page.error());
  if (options.output.empty() || options.output == "-") return print_answer(*page);
  return exit_code_of_output(text::write_file(options.output, *page));
}

}  // namespace

void add_report(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<ReportCommand>();
  options->report.version = program_version();
  CLI::App& command = add_command(app, "report", "Make one HTML page of recordings");
  add_files(command,
            "Samples, bursts, credits and lifecycle as cgtally records them, the oldest first, or "
            "files of other monitors; - is stdin",
            true, options->report.files);
  add_text(command,
           {.name = "-o,--output",
            .help = "Write the page to this file, and replace one that is there; - is stdout",
            .fallback = "-"},
           "FILE|-", options->output);
  add_list(command,
           {.name = "-i,--iface", .help = "Interface to show; repeatable", .fallback = "all"},
           "NAME|GLOB", options->report.interfaces);
  add_by_option(command, options->report.by);
  add_instance_options(command, options->report.credits.instance);
  add_series_options(command, options->report.credits.read);
  add_flag(command,
           {.name = "--by-file", .help = "Judge each file of another monitor as a node of its own"},
           options->report.credits.by_file);
  add_version(command);
  on_chosen(command, [options, &run] { run = [options] { return run_report(*options); }; });
}

}  // namespace cgtally::cli
