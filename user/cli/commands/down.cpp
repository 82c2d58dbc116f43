// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <fmt/core.h>

#include <memory>

#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "monitor/notices.h"
#include "monitor/pinned/leftovers.h"
#include "monitor/pinned/take_down.h"

namespace cgtally::cli {
namespace {

int run_down(const monitor::TakeDownOptions& options) {
  monitor::Notices notices;
  notices.deliver_to(say);
  const auto any = monitor::take_down(options, notices);
  if (!any) return print_error(any.error());
  const auto leftovers = monitor::remove_leftovers();
  if (!leftovers) return print_error(leftovers.error());
  if (*leftovers > 0) {
    say(fmt::format("removed {} filters that a killed cgtally had left", *leftovers));
  }
  if (!*any) {
    say(fmt::format("no ledger is up at {}", options.bpffs));
  } else {
    say(options.forget ? "the ledger is down and forgotten"
                       : "the ledger is down; its totals are kept: cgtally up goes on with them");
  }
  return number(ExitCode::fine);
}

}  // namespace

void add_down(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<monitor::TakeDownOptions>();
  CLI::App& command = add_command(
      app, "down", "Detach the pinned ledger; its totals are kept, unless --forget is given");
  add_flag(command, {.name = "--forget", .help = "Remove the totals, too"}, options->forget);
  add_host_root_option(command, options->host_root);
  add_bpffs_option(command, options->bpffs);
  on_chosen(command, [options, &run] { run = [options] { return run_down(*options); }; });
}

}  // namespace cgtally::cli
