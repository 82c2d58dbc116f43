// SPDX-License-Identifier: Apache-2.0
#include "cli/options/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/options/help.h"
#include "cli/options/parsing.h"
#include "cli/output/messages.h"
#include "cli/output/standard_streams.h"

namespace cgtally::cli {
namespace {

constexpr const char* kFooter =
    "Without a command, cgtally runs live. Each command has its own --help.\n"
    "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 not permitted or not\n"
    "supported on this host, 4 a limit that was asked for is crossed or\n"
    "requests are missing (compare).";

// The command whose help belongs to the mistake.
std::string chosen_command(const CLI::App& app) {
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

std::string command_names(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

// The arguments in CLI11's order, which is last one first; `live` is added if no command leads
// them.
std::vector<std::string> arguments(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> given(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (given.empty() || (given[0].starts_with('-') && !asks_for_all(given[0]))) {
    given.insert(given.begin(), "live");
  } else if (!given[0].starts_with('-') && !names_command(app, given[0])) {
    throw_usage_error(fmt::format("unknown command {}", given[0].empty() ? "''" : given[0]),
                      fmt::format("the commands are {}", command_names(app)));
  }
  return {given.rbegin(), given.rend()};
}

// CLI11's sentences differ from version to version, and from ours.
std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
  const std::string said = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const auto words = app.remaining(true);
    const std::string word = words.empty() ? std::string() : words.front();
    return fmt::format("{} {}", word.starts_with('-') ? "unknown option" : "unexpected argument",
                       word);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string option = said.substr(0, said.find(':'));
    return said.contains("At Most") ? fmt::format("{} is given more than once", option)
                                    : fmt::format("{} needs a value", option);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return fmt::format("{} is missing", said.substr(0, said.find(' ')));
  }
  return said;  // "--conns requires --conns-limit"
}

int end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream answer;
    (void)app.exit(error, answer, answer);
    return print_answer(std::move(answer).str());
  }
  return print_error(
      usage_error(mistake(app, error), fmt::format("see {} --help", chosen_command(app))));
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const AddCommands& add_commands) {
  CLI::App app{"Counts network traffic per cgroup, exactly, in the kernel.", "cgtally"};
  std::function<int()> run;
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help");
  app.formatter(std::make_shared<HelpFormatter>());
  add_version(app);
  add_commands(app, run);
  app.footer(kFooter);  // after the commands, so that they do not repeat it
  try {
    app.parse(arguments(app, argc, argv));
  } catch (const UsageError& error) {
    return print_error(error.error());
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(app, error);
  }
  return run();
}

}  // namespace cgtally::cli
