// SPDX-License-Identifier: Apache-2.0
// The program: its commands, in the order in which --help lists them, and the last resort for
// exceptions.
#include <fmt/core.h>

#include <exception>

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"
#include "cli/output/messages.h"

namespace {

using namespace cgtally::cli;

void add_commands(CLI::App& app, std::function<int()>& run) {
  add_live(app, run);
  add_record(app, run);
  add_credits(app, run);
  add_bursts(app, run);
  add_serve(app, run);
  add_totals(app, run);
  add_lifecycle(app, run);
  add_replay(app, run);
  add_report(app, run);
  add_compare(app, run);
  add_size(app, run);
  add_up(app, run);
  add_down(app, run);
  add_status(app, run);
  add_doctor(app, run);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv, add_commands);
  } catch (const std::exception& error) {
    return print_error({.what = fmt::format("internal error: {}", error.what()), .hint = {}});
  }
}
