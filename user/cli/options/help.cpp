// SPDX-License-Identifier: Apache-2.0
#include "cli/options/help.h"

#include <fmt/core.h>

#include <string_view>
#include <vector>

namespace cgtally::cli {
namespace {

constexpr std::size_t kDescriptionColumn = 28;

using Options = std::vector<const CLI::Option*>;

// What is typed on the left, what it means on the right; further lines of the meaning stand below.
std::string help_row(const std::string& left, std::string_view description) {
  const std::string indent = '\n' + std::string(kDescriptionColumn, ' ');
  std::string row = "  " + left;
  if (row.size() < kDescriptionColumn) {
    row.append(kDescriptionColumn - row.size(), ' ');
  } else if (!description.empty()) {
    row += indent;
  }
  for (const char character : description) {
    if (character == '\n') {
      row += indent;
    } else {
      row += character;
    }
  }
  return row + '\n';
}

bool is_repeatable(const CLI::Option& option) {
  return option.get_expected_max() == CLI::detail::expected_max_vector_size;
}

// CLI11 adds the bounds of a number to its type, "N:UINT in [1 - 10]"; the description has them.
std::string type_of(const CLI::Option& option) {
  if (option.get_type_size() == 0) return {};  // a flag
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string names_of(const std::set<CLI::Option*>& options, std::string_view relation) {
  std::string names;
  for (const CLI::Option* option : options) names += ' ' + option->get_name();
  return names.empty() ? names : fmt::format(" {}:{}", relation, names);
}

std::string option_row(const CLI::Option& option) {
  std::string left = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  const std::string type = type_of(option);
  if (!option.get_positional() && !type.empty()) left += ' ' + type;
  if (is_repeatable(option)) left += " ...";
  if (option.get_required()) left += " REQUIRED";
  left += names_of(option.get_needs(), "Needs") + names_of(option.get_excludes(), "Excludes");
  return help_row(left, option.get_description());
}

std::string option_rows(std::string_view title, const Options& options) {
  if (options.empty()) return {};
  std::string rows = fmt::format("\n{}:\n", title);
  for (const CLI::Option* option : options) rows += option_row(*option);
  return rows;
}

Options options_of(const CLI::App& app, bool positional) {
  return app.get_options([&](const CLI::Option* option) {
    return !option->get_group().empty() && option->get_positional() == positional;
  });
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string line = "Usage: " + name + " [OPTIONS]";
  for (const CLI::Option* option : options_of(app, true)) {
    const std::string shown = option->get_name(true) + (is_repeatable(*option) ? "..." : "");
    line += option->get_required() ? ' ' + shown : " [" + shown + ']';
  }
  if (!app.get_subcommands({}).empty()) line += " COMMAND";
  return line + '\n';
}

std::string command_rows(const CLI::App& app) {
  const auto commands = app.get_subcommands({});
  if (commands.empty()) return {};
  std::string rows = "\nSubcommands:\n";
  for (const CLI::App* command : commands) {
    rows += help_row(command->get_name(), command->get_description());
  }
  return rows;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode /*mode*/) const {
  const std::string footer = app->get_footer();
  return fmt::format("{}\n{}{}{}{}{}", app->get_description(), usage(*app, name),
                     option_rows("Positionals", options_of(*app, true)),
                     option_rows("Options", options_of(*app, false)), command_rows(*app),
                     footer.empty() ? "\n" : '\n' + footer + '\n');
}

}  // namespace cgtally::cli
