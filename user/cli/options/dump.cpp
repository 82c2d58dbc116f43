// SPDX-License-Identifier: Apache-2.0
#include "cli/options/dump.h"

#include <fmt/core.h>

#include "cli/options/parsing.h"

namespace cgtally::cli {

using monitor::DumpOptions;

void add_dump_options(CLI::App& command, DumpOptions& options) {
  add_text(command,
           {.name = "--dump",
            .help = "Write the windows from 1 s before to 1 s after a burst to a file in DIR, for "
                    "each burst during which an allowance counter moved; for every burst if the "
                    "device has no such counters"},
           "DIR", options.directory);
  add_rate(command,
           {.name = "--dump-over",
            .help = "Dump each burst with at least this peak, too; if the device has no allowance "
                    "counters, only those"},
           kAnyRate, into(options.over));
  add_count(command,
            {.name = "--dump-most",
             .help = "Number of dumps to keep in DIR, the newest",
             .fallback = fmt::format("{}", DumpOptions::kFiles)},
            {.least = 1, .most = DumpOptions::kMostFiles}, into(options.most));
  add_bytes(command,
            {.name = "--dump-size",
             .help = "Size of all dumps in DIR together; the oldest are removed",
             .fallback = "100MB"},
            kAnySize, into(options.size));
}

}  // namespace cgtally::cli
