// SPDX-License-Identifier: Apache-2.0
// cgtally live: who uses the network now. A screen on a terminal, lines elsewhere.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_live(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
