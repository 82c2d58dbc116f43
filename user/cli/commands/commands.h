// SPDX-License-Identifier: Apache-2.0
// One function for each command: it adds the subcommand with its options to `app`. If the user
// chose that command, parsing sets `run` to the function that main() calls and whose result is the
// exit code.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// All of them, in the order in which --help lists them.
void add_commands(CLI::App& app, std::function<int()>& run);

void add_live(CLI::App& app, std::function<int()>& run);
void add_record(CLI::App& app, std::function<int()>& run);
void add_credits(CLI::App& app, std::function<int()>& run);
void add_bursts(CLI::App& app, std::function<int()>& run);
void add_serve(CLI::App& app, std::function<int()>& run);
void add_totals(CLI::App& app, std::function<int()>& run);
void add_lifecycle(CLI::App& app, std::function<int()>& run);
void add_replay(CLI::App& app, std::function<int()>& run);
void add_report(CLI::App& app, std::function<int()>& run);
void add_compare(CLI::App& app, std::function<int()>& run);
void add_size(CLI::App& app, std::function<int()>& run);
void add_up(CLI::App& app, std::function<int()>& run);
void add_down(CLI::App& app, std::function<int()>& run);
void add_status(CLI::App& app, std::function<int()>& run);
void add_doctor(CLI::App& app, std::function<int()>& run);
void add_selftest(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
