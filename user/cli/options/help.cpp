// SPDX-License-Identifier: Apache-2.0
#include "cli/options/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace cgtally::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kDescriptionColumn = 28;

using Options = std::vector<const CLI::Option*>;

// `text` in lines of at most `width` columns, broken at blanks.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + std::string(word);
  }
  return lines;
}

// The part that the user types, and its description beside it.
std::string help_row(const std::string& typed, std::string_view description) {
  std::string row = "  " + typed;
  if (row.size() >= kDescriptionColumn) row += '\n' + std::string(kDescriptionColumn, ' ');
  row.resize(std::max(row.size(), kDescriptionColumn), ' ');
  const auto lines = wrapped(description, kWidth - kDescriptionColumn);
  return fmt::format("{}{}\n", row, fmt::join(lines, '\n' + std::string(kDescriptionColumn, ' ')));
}

bool is_repeatable(const CLI::Option& option) {
  return option.get_expected_max() == CLI::detail::expected_max_vector_size;
}

std::string option_row(const CLI::Option& option) {
  std::string left = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  const bool takes_value = !option.get_positional() && option.get_type_size() != 0;
  if (takes_value) left += ' ' + option.get_type_name();
  if (is_repeatable(option)) left += " ...";
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
  std::string line = fmt::format("Usage: {} [OPTIONS]", name);
  for (const CLI::Option* option : options_of(app, true)) {
    const std::string shown = option->get_name(true) + (is_repeatable(*option) ? "..." : "");
    line += option->get_required() ? fmt::format(" {}", shown) : fmt::format(" [{}]", shown);
  }
  if (!app.get_subcommands({}).empty()) line += " COMMAND";
  return line + '\n';
}

std::string command_rows(const CLI::App& app) {
  const auto commands = app.get_subcommands({});
  if (commands.empty()) return {};
  std::string rows = "\nCommands:\n";
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
                     option_rows("Arguments", options_of(*app, true)),
                     option_rows("Options", options_of(*app, false)), command_rows(*app),
                     footer.empty() ? "" : '\n' + footer + '\n');
}

}  // namespace cgtally::cli
