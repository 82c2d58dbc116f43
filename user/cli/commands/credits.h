// SPDX-License-Identifier: Apache-2.0
// `cgtally credits`: what is left of the network allowance, who drains it, and when it ends.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_credits(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
