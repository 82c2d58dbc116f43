// SPDX-License-Identifier: Apache-2.0
// A replay's report as text of at most 80 columns: what was recorded, what each interface carried,
// who moved it, and what to know before believing it.
#pragma once

#include <cstddef>
#include <string>

#include "core/replay/report.h"

namespace cgtally {

// `most` accounts by name, and the others as one line.
[[nodiscard]] std::string replay_screen(const ReplayReport& report, std::size_t most);

}  // namespace cgtally
