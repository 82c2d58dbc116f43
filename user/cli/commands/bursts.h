// SPDX-License-Identifier: Apache-2.0
// `cgtally bursts`: each burst as it comes, with who caused it, until Ctrl-C or --duration.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_bursts(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
