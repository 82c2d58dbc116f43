// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/process.h"

#include <sys/resource.h>
#include <syslog.h>

#include "core/base/text.h"

namespace cgtally::sys {

void log_notice(const std::string& line) {
  ::openlog("cgtally", LOG_PID, LOG_DAEMON);
  ::syslog(LOG_NOTICE, "%s", printable(line).c_str());
}

// On Linux a nice value belongs to a thread, not to the process; id 0 is the calling thread.
void raise_thread_priority() { (void)setpriority(PRIO_PROCESS, 0, -20); }

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace cgtally::sys
