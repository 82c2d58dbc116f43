// SPDX-License-Identifier: Apache-2.0
// How the command line is read and how its reading ends: help and version go to stdout with 0, what
// cannot be understood goes to stderr with 2, in the form of every other error.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cgtally::cli {

// Thrown inside an option: ends the parsing with an Error of the project's own form.
class UsageError : public CLI::ParseError {
 public:
  explicit UsageError(cgtally::Error error);
  [[nodiscard]] const cgtally::Error& error() const { return error_; }

 private:
  cgtally::Error error_;
};

// Throws a UsageError.
[[noreturn]] void throw_usage_error(std::string what, std::string hint);
// What the text of an option means; where it means nothing the option is refused.
template <typename Value>
Value value_of(const std::string& option, const std::string& text, Result<Value> parsed) {
  if (!parsed)
    throw_usage_error(option + " " + text + ": " + parsed.error().what, parsed.error().hint);
  return *std::move(parsed);
}

// Before the commands are added: they inherit it.
void set_up(CLI::App& app);
// After they are added: they do not repeat it.
void add_footer(CLI::App& app);
// The arguments in CLI11's order, which is last one first; `live` where no command leads them. What
// leads them and is no command is refused.
[[nodiscard]] std::vector<std::string> arguments(const CLI::App& app, int argc,
                                                 const char* const* argv);
// Prints, and gives the exit code.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& error);

}  // namespace cgtally::cli
