// SPDX-License-Identifier: Apache-2.0
// The text of --help, laid out here and not by CLI11, whose layout differs from version to version.
// The words are those that the commands gave to their options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cgtally::cli {

// Formats the help of the program and of each command; used by CLI11. Commands inherit it.
class HelpFormatter : public CLI::FormatterBase {
 public:
  // `name` is what is typed to run `app`: "cgtally record".
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace cgtally::cli
