// SPDX-License-Identifier: Apache-2.0
#include "cli/options/dump.h"

#include <CLI/CLI.hpp>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {

void add_dump_options(CLI::App& command, monitor::DumpOptions& options) {
  command
      .add_option("--dump", options.directory,
                  "Write the windows from 1 s before to 1 s after a burst to a file\n"
                  "in DIR: of each burst during which an allowance counter moved;\n"
                  "where there is no such counter, of every burst")
      ->type_name("DIR");
  command
      .add_option_function<std::string>(
          "--dump-over",
          [&options](const std::string& text) {
            options.over = value_of("--dump-over", text, parse_bit_rate(text));
          },
          "Of each burst with a peak of that rate, too; without a counter, of\n"
          "no other")
      ->type_name("RATE");
  command
      .add_option_function<std::size_t>(
          "--dump-most",
          [&options](std::size_t most) {
            if (most == 0 || most > monitor::DumpOptions::kMostFiles) {
              throw_usage_error(
                  "--dump-most " + std::to_string(most) + " is out of range",
                  "give one from 1 to " + std::to_string(monitor::DumpOptions::kMostFiles));
            }
            options.most = most;
          },
          "Keep so many dumps in DIR, the newest (default " +
              std::to_string(monitor::DumpOptions::kFiles) + ")")
      ->type_name("N");
  command
      .add_option_function<std::string>(
          "--dump-size",
          [&options](const std::string& text) {
            options.size = value_of("--dump-size", text, parse_bytes(text));
          },
          "And no more of them than have so many bytes in all (default 100MB)")
      ->type_name("SIZE");
}

}  // namespace cgtally::cli
