// SPDX-License-Identifier: Apache-2.0
// Options of the flight recorder: the directory of its dumps, the bursts that get one, and the
// dumps that are kept.
#pragma once

#include "monitor/bursts/burst_dumper.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_dump_options(CLI::App& command, monitor::DumpOptions& options);

}  // namespace cgtally::cli
