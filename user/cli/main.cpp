// SPDX-License-Identifier: Apache-2.0
// Chooses the command, and turns whatever ends it into an exit code. `cgtally` alone, or with
// options only, is `cgtally live`.
#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <string>

#include "cli/commands/commands.h"
#include "cli/options/parsing.h"
#include "cli/output/messages.h"

namespace {

using namespace cgtally::cli;

int run(int argc, char** argv) {
  CLI::App app{"Counts network traffic per cgroup, exactly, in the kernel.", "cgtally"};
  std::function<int()> command;
  set_up(app);
  add_live(app, command);
  add_record(app, command);
  add_credits(app, command);
  add_bursts(app, command);
  add_replay(app, command);
  add_size(app, command);
  add_up(app, command);
  add_down(app, command);
  add_status(app, command);
  add_doctor(app, command);
  add_footer(app);
  try {
    app.parse(arguments(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(app, error);
  }
  return command();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return print_error({.what = std::string("internal error: ") + error.what(), .hint = {}});
  }
}
