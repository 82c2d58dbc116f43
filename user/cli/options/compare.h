// SPDX-License-Identifier: Apache-2.0
// The options of `compare` that say what is expected of the mirror.
#pragma once

#include "monitor/offline/mirror_comparison.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_expectation_options(CLI::App& command, compare::CompareOptions& options);

}  // namespace cgtally::cli
