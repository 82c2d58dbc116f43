// SPDX-License-Identifier: Apache-2.0
// Properties of this process and its threads: the system log for a process without a terminal, and
// a thread's priority.
#pragma once

#include <string>

namespace cgtally::sys {

// Writes a line to the system log, without characters that control a terminal: journalctl -t
// cgtally.
void log_notice(const std::string& line);

// Lets the calling thread run first whenever it wakes up, for a thread that must be in time and
// needs little CPU. Without the permission the priority stays as it is.
void raise_thread_priority();

}  // namespace cgtally::sys
