// SPDX-License-Identifier: Apache-2.0
// Options of burst dumps: their directory, the bursts that are dumped, and the number and size of
// the dumps that are kept.
#pragma once

#include "monitor/bursts/burst_dumper.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_dump_options(CLI::App& command, monitor::DumpOptions& options);

}  // namespace cgtally::cli
