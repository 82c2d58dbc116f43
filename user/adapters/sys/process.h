// SPDX-License-Identifier: Apache-2.0
// The system's log, for a process that has no terminal: journalctl -t cgtally.
#pragma once

#include <string>

namespace cgtally::sys {

void log_notice(const std::string& line);

}  // namespace cgtally::sys
