// SPDX-License-Identifier: Apache-2.0
// cgtally record: samples to CSV, on stdout or in a file, until told to stop.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

// Registers the command; if the user chose it, `run` is what to do, and gives the exit code.
void add_record(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
