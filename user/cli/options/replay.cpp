// SPDX-License-Identifier: Apache-2.0
#include "cli/options/replay.h"

#include <CLI/CLI.hpp>

#include "cli/options/instance.h"
#include "cli/options/parsing.h"

namespace cgtally::cli {

void add_replay_credit_options(CLI::App& command, monitor::ReplayCreditOptions& options) {
  add_instance_options(command, options.instance);
  command
      .add_option("--credits", options.csv,
                  "Write the estimate of the credits, a row for each direction\nand interval")
      ->type_name("FILE|-");
  command
      .add_option("--tx-column", options.columns.tx,
                  "The files are another monitor's: this column is what was sent")
      ->type_name("NAME");
  command.add_option("--rx-column", options.columns.rx, "Likewise, what was received")
      ->type_name("NAME");
  command.add_option("--time-column", options.columns.time, "Likewise, the time (default: time)")
      ->type_name("NAME");
  command
      .add_option_function<std::string>(
          "--unit",
          [&options](const std::string& text) {
            auto unit = parse_series_unit(text);
            if (!unit) throw_usage_error("--unit: " + unit.error().what, unit.error().hint);
            options.unit = *unit;
            options.has_unit = true;
          },
          "Their unit: bytes (in the interval), total (a counter), or a\n"
          "rate: bit/s, Mbit/s, B/s, kB/s, KiB/s...")
      ->type_name("UNIT");
  command.add_flag("--time-is-start", options.time_is_start,
                   "Their time is where an interval begins (CloudWatch), not its end");
}

}  // namespace cgtally::cli
