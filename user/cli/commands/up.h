// SPDX-License-Identifier: Apache-2.0
// cgtally up: pins the ledger and attaches, to stay; leaves a keeper running, or is the keeper.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_up(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
