// SPDX-License-Identifier: Apache-2.0
// From argv to the command that it names. `cgtally` alone, or with options only, is `cgtally live`.
// Help and version go to stdout with exit code 0; a mistake of the user goes to stderr with exit
// code 2, in the form of every other error.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Adds all commands; the one that the user chose sets `run`.
using AddCommands = std::function<void(CLI::App& app, std::function<int()>& run)>;

// Parses, runs the chosen command and returns the exit code.
int run_command_line(int argc, const char* const* argv, const AddCommands& add_commands);

}  // namespace cgtally::cli
