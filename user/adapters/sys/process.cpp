// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/process.h"

#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "core/base/text.h"

namespace cgtally::sys {

void log_notice(const std::string& line) {
  ::openlog("cgtally", LOG_PID, LOG_DAEMON);
  ::syslog(LOG_NOTICE, "%s", printable(line).c_str());
}

ProcessUse process_use() {
  ProcessUse use;
  rusage times{};
  if (::getrusage(RUSAGE_SELF, &times) == 0) {
    const auto length = [](const timeval& time) {
      return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
    };
    use.cpu = length(times.ru_utime) + length(times.ru_stime);
  }
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::ifstream file("/proc/self/statm");
  if (file >> pages >> resident) {
    use.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  return use;
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
