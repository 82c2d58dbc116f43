// SPDX-License-Identifier: Apache-2.0
#include "cli/options/parsing.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/options/help.h"
#include "cli/output/messages.h"

namespace cgtally::cli {
namespace {

// The command that was chosen, for the help that belongs to the mistake.
std::string chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? "cgtally" : "cgtally " + commands.front()->get_name();
}

bool asks_for_all(const std::string& word) {
  return word == "-h" || word == "--help" || word == "--version";
}

bool names_command(const CLI::App& app, const std::string& word) {
  return !app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; })
              .empty();
}

std::string commands(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : app.get_subcommands({})) {
    text += (text.empty() ? "" : ", ") + command->get_name();
  }
  return text;
}

}  // namespace

UsageError::UsageError(cgtally::Error error)
    : CLI::ParseError("UsageError", error.what, number(ExitCode::usage)),
      error_(std::move(error)) {}

void throw_usage_error(std::string what, std::string hint) {
  throw UsageError(
      cgtally::Error{.what = std::move(what), .hint = std::move(hint), .failure = Failure::usage});
}

void set_up(CLI::App& app) {
  app.require_subcommand(1);
  app.set_version_flag("--version", "cgtally " CGTALLY_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.formatter(std::make_shared<HelpFormatter>());
}

void add_footer(CLI::App& app) {
  app.footer(
      "Without a command: live. Each command has its own --help.\n"
      "Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 not permitted or not supported here,\n"
      "4 a limit that was asked for is crossed.");
}

std::vector<std::string> arguments(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> given(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (given.empty() || (given[0].starts_with('-') && !asks_for_all(given[0]))) {
    given.insert(given.begin(), "live");
  } else if (!given[0].starts_with('-') && !names_command(app, given[0])) {
    throw_usage_error("there is no command " + given[0], "there are: " + commands(app));
  }
  return {given.rbegin(), given.rend()};
}

int end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    return app.exit(error, std::cout, std::cerr);
  }
  if (const auto* own = dynamic_cast<const UsageError*>(&error)) {
    return print_error(own->error());
  }
  return print_error(
      {.what = error.what(), .hint = "see " + chosen(app) + " --help", .failure = Failure::usage});
}

}  // namespace cgtally::cli
