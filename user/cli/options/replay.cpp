// SPDX-License-Identifier: Apache-2.0
#include "cli/options/replay.h"

#include "cli/options/instance.h"
#include "cli/options/parsing.h"

namespace cgtally::cli {
namespace {

constexpr Bounds<Nanoseconds> kPeriods{.least = std::chrono::milliseconds{1},
                                       .most = std::chrono::hours{24 * 31}};

void add_column_options(CLI::App& command, series::ReadOptions& options) {
  add_text(command,
           {.name = "--tx-column",
            .help = "Column or metric of another monitor that is the sent traffic"},
           "NAME", options.columns.tx);
  add_text(command,
           {.name = "--rx-column",
            .help = "Column or metric of another monitor that is the received traffic"},
           "NAME", options.columns.rx);
  add_text(command,
           {.name = "--time-column",
            .help = "The column of another monitor's time",
            .fallback = "the one called time, timestamp or the like"},
           "NAME", options.time_column);
  add_parsed(command,
             {.name = "--unit",
              .help = "Unit of another monitor's columns: bytes (in the interval), total (a "
                      "counter of bytes), or a rate: bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, "
                      "MB/s, GB/s, KiB/s, MiB/s or GiB/s"},
             "UNIT", [&options](const std::string& text) {
               options.unit =
                   accepted("--unit", "bytes, total or a rate such as Mbit/s or kB/s", text,
                            parse_series_unit(text),
                            "units of rates are bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s, "
                            "GB/s, and of 1024 bytes KiB/s, MiB/s, GiB/s");
             });
}

void add_row_options(CLI::App& command, series::ReadOptions& options) {
  add_flag(command,
           {.name = "--time-is-start",
            .help = "Another monitor's time is the beginning of an interval, as CloudWatch's is, "
                    "not its end"},
           options.time_is_start);
  add_time(command,
           {.name = "--period",
            .help = "Length of a row of another monitor; of CloudWatch's Average, of a sample",
            .fallback = "what the file says, or the usual distance of its rows"},
           kPeriods, into(options.period));
  add_text(command,
           {.name = "--tz",
            .help = "Zone of another monitor's times that have none: Europe/Berlin, +02:00, local",
            .fallback = "UTC"},
           "ZONE", options.zone);
  add_choice(command,
             {.name = "--statistic",
              .help = "CloudWatch statistic of a file that does not name it",
              .fallback = "sum"},
             {"sum", "average"}, [&options](std::size_t chosen) {
               options.statistic = chosen == 0 ? "sum" : "average";
             });
  add_choice(command,
             {.name = "--decimal",
              .help = "Decimal mark of another monitor's numbers",
              .fallback = "found out"},
             {"point", "comma"}, [&options](std::size_t chosen) {
               options.decimal = chosen == 0 ? DecimalMark::point : DecimalMark::comma;
             });
}

}  // namespace

void add_replay_credit_options(CLI::App& command, monitor::ReplayCreditOptions& options) {
  add_instance_options(command, options.instance);
  add_list(command,
           {.name = "--as",
            .help = "Set the recording against these instance types side by side, as if each had "
                    "carried it: lowest balance, time empty, first time empty; several after FILE"},
           "TYPE|GLOB", options.as);
  command.get_option("--as")->allow_extra_args(true);
  add_parsed(command,
             {.name = "--credits",
              .help = "Write the estimate of the credits to this file, one row for each direction "
                      "and interval, as JSON lines if its name ends in .jsonl; - is stdout"},
             "FILE|-", [&options](const std::string& path) {
               options.rows = csv::RowFile::by_name(path, "--credits");
             });
  add_series_options(command, options.read);
  add_flag(command,
           {.name = "--by-file", .help = "Judge each file of another monitor as a node of its own"},
           options.by_file);
}

void add_series_options(CLI::App& command, series::ReadOptions& options) {
  add_column_options(command, options);
  add_row_options(command, options);
}

}  // namespace cgtally::cli
