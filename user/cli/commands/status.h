// SPDX-License-Identifier: Apache-2.0
// cgtally status: what the pinned ledger counts, since when and at what cost, who keeps it, and how
// much of what the devices counted came by. Looks for about a second, and changes nothing.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_status(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
