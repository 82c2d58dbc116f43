// SPDX-License-Identifier: Apache-2.0
// `cgtally size`: which instance types would carry what was recorded, or what is imagined. Needs no
// kernel and no privilege.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cgtally::cli {

void add_size(CLI::App& app, std::function<int()>& run);

}  // namespace cgtally::cli
