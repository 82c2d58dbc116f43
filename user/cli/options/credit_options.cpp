// SPDX-License-Identifier: Apache-2.0
#include "cli/options/credit_options.h"

#include <CLI/CLI.hpp>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
void add_credit_options(CLI::App& command, CreditOptions& options) {
  add_instance_options(command, options.instance);
  command
      .add_option("--start-from", options.start_from,
                  "Begin with what a recording says of the time before")
      ->type_name("FILE");
  add_state_dir_option(command, options.state_dir);
  command
      .add_option_function<std::string>(
          "--warn",
          [&options](const std::string& text) {
            options.warn = value_of("--warn", text, parse_duration(text));
          },
          "Warn when the credits end within this time (default 10m)")
      ->type_name("TIME");
}

void add_state_dir_option(CLI::App& command, std::string& state_dir) {
  command
      .add_option("--state-dir", state_dir,
                  "Where the state is kept across restarts\n(default /var/lib/cgtally)")
      ->type_name("DIR");
}

}  // namespace cgtally::cli
