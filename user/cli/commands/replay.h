// SPDX-License-Identifier: Apache-2.0
// cgtally replay: rates and ranking from recorded CSVs. Needs no kernel and no privilege.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Adds the subcommand; parsing it sets `run` to what main shall call.
void add_replay(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
