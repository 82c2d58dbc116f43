// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/options/common.h"
#include "cli/output/messages.h"
#include "monitor/pinned/leftovers.h"
#include "monitor/pinned/take_down.h"

namespace cgtally::cli {
namespace {

int run_down(const monitor::TakeDownOptions& options) {
  const auto any = monitor::take_down(options);
  if (!any) {
    return print_error(any.error());
  }
  const auto leftovers = monitor::remove_leftovers();
  if (!leftovers) {
    return print_error(leftovers.error());
  }
  if (*leftovers > 0) {
    say("removed " + std::to_string(*leftovers) + " filters that a killed cgtally had left");
  }
  if (!*any) {
    say("no ledger is up at " + options.bpffs);
  } else {
    say(options.forget ? "the ledger is down and forgotten"
                       : "the ledger is down; its totals are kept: cgtally up goes on with them");
  }
  return number(ExitCode::fine);
}

}  // namespace

void add_down(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<monitor::TakeDownOptions>();
  CLI::App* command =
      app.add_subcommand("down", "Detach the pinned ledger; its totals are kept unless --forget");
  command->add_flag("--forget", options->forget, "Remove the totals too");
  add_host_root_option(*command, options->host_root);
  add_bpffs_option(*command, options->bpffs);
  command->callback([options, &run] { run = [options] { return run_down(*options); }; });
}

}  // namespace cgtally::cli
