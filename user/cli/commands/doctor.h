// SPDX-License-Identifier: Apache-2.0
// cgtally doctor: what this host can do, what it cannot, and the command that mends it.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_doctor(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
