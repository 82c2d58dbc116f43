// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/process.h"

#include <syslog.h>

namespace cgtally::sys {

void log_notice(const std::string& line) {
  ::openlog("cgtally", LOG_PID, LOG_DAEMON);
  ::syslog(LOG_NOTICE, "%s", line.c_str());
}

}  // namespace cgtally::sys
