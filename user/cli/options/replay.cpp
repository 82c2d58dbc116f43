// SPDX-License-Identifier: Apache-2.0
#include "cli/options/replay.h"

#include "cli/options/instance.h"
#include "cli/options/parsing.h"

namespace cgtally::cli {

void add_replay_credit_options(CLI::App& command, monitor::ReplayCreditOptions& options) {
  add_instance_options(command, options.instance);
  add_list(command,
           {.name = "--as",
            .help = "Set the recording against these instance types side by side, as if each had "
                    "carried it: lowest balance, time empty, first time empty; several after FILE"},
           "TYPE|GLOB", options.as);
  command.get_option("--as")->allow_extra_args(true);
  add_text(command,
           {.name = "--credits",
            .help = "Write the estimate of the credits to this file, one row for each direction "
                    "and interval; - is stdout"},
           "FILE|-", options.csv);
  add_text(command,
           {.name = "--tx-column",
            .help = "Read the files of another monitor: the column of sent traffic"},
           "NAME", options.columns.tx);
  add_text(command,
           {.name = "--rx-column",
            .help = "Read the files of another monitor: the column of received traffic"},
           "NAME", options.columns.rx);
  add_text(
      command,
      {.name = "--time-column", .help = "The column of another monitor's time", .fallback = "time"},
      "NAME", options.columns.time);
  add_parsed(command,
             {.name = "--unit",
              .help = "Unit of another monitor's columns: bytes (in the interval), total (a "
                      "counter of bytes), or a rate: bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, "
                      "MB/s, GB/s, KiB/s, MiB/s or GiB/s"},
             "UNIT", [&options](const std::string& text) {
               options.unit =
                   accepted("--unit", "bytes, total or a rate such as Mbit/s or kB/s", text,
                            parse_series_unit(text), "see cgtally replay --help for all units");
               options.has_unit = true;
             });
  add_flag(command,
           {.name = "--time-is-start",
            .help = "Another monitor's time is the beginning of an interval, as CloudWatch's is, "
                    "not its end"},
           options.time_is_start);
}

}  // namespace cgtally::cli
