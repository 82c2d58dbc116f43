// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/priority.h"

#include <sys/resource.h>

namespace cgtally::sys {

// On Linux a nice value is the thread's, not the process'; 0 is the caller.
void hurry_this_thread() { (void)setpriority(PRIO_PROCESS, 0, -20); }

}  // namespace cgtally::sys
