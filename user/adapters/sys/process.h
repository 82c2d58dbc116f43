// SPDX-License-Identifier: Apache-2.0
// Properties of this process and its threads: the system log for a process without a terminal, what
// its service manager hears, a thread's priority, and how many files may be open.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/units.h"

namespace cgtally::sys {

// Writes a line to the system log, without characters that control a terminal: journalctl -t
// cgtally.
void log_notice(const std::string& line);

// Tells the service manager that this process does what it was started for (Type=notify of a unit);
// without effect where nobody has asked for it by NOTIFY_SOCKET.
void notify_ready();

// What this process has used so far.
struct ProcessUse {
  Nanoseconds cpu{};  // of all its threads
  std::uint64_t resident_bytes = 0;
};
[[nodiscard]] ProcessUse process_use();

// Lets the calling thread run first whenever it wakes up, for a thread that must be in time and
// needs little CPU. Without the permission the priority stays as it is.
void raise_thread_priority();

// As many open files as the system lets this process have: a node may have more pods than the usual
// 1 024 descriptors.
void raise_descriptor_limit();

// Whether `fd`, which was opened just now, tells that half of those are open: the kernel gives the
// lowest number that is free.
[[nodiscard]] bool descriptors_are_scarce(int fd);

}  // namespace cgtally::sys
