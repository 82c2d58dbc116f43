// SPDX-License-Identifier: Apache-2.0
// A replay's report as text of at most 80 columns: the recorded time, the traffic of each
// interface, the accounts that moved it, and what makes the figures less certain.
#pragma once

#include <cstddef>
#include <string>

#include "core/replay/report.h"

namespace cgtally {

// The first `most` accounts have a line each, the others one together.
[[nodiscard]] std::string replay_screen(const ReplayReport& report, std::size_t most);

}  // namespace cgtally
