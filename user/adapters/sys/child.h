// SPDX-License-Identifier: Apache-2.0
// Child processes that die with their parent, and leave the user's Ctrl-C to it.
#pragma once

#include <sys/types.h>

#include "core/base/result.h"

namespace cgtally::sys {

// As fork(): 0 in the child, which must end by _exit(). The child is killed when the calling thread
// ends, however that happens. The calling process must have one thread.
Result<pid_t> fork_child();

// Kills it and waits until it has gone.
void end_child(pid_t child);

}  // namespace cgtally::sys
