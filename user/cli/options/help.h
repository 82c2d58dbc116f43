// SPDX-License-Identifier: Apache-2.0
// The layout of --help, in 80 columns. CLI11's own differs from version to version. The words are
// those that the commands gave to their options. Includes CLI11: for command_line.cpp alone.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cgtally::cli {

// Formats the help of the program and of each command. CLI11 owns and calls it, and each command
// inherits it. Does not choose or write any of the words.
class HelpFormatter : public CLI::FormatterBase {
 public:
  // `name`: as the user types it, "cgtally record".
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace cgtally::cli
