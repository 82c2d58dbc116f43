// SPDX-License-Identifier: Apache-2.0
// cgtally down: ends the keeper and detaches everything. The totals are kept unless --forget.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_down(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
