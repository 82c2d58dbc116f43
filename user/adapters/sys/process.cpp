// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/process.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "adapters/sys/fd.h"
#include "core/base/text.h"

namespace cgtally::sys {

void log_notice(const std::string& line) {
  ::openlog("cgtally", LOG_PID, LOG_DAEMON);
  ::syslog(LOG_NOTICE, "%s", printable(line).c_str());
}

// The protocol is one datagram to the socket of that name; a leading @ stands for the zero byte of
// an abstract one. Nothing waits for an answer, so a manager that does not listen delays nobody.
void notify_ready() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) return;
  const std::size_t length = std::strlen(name);
  sockaddr_un place{.sun_family = AF_UNIX, .sun_path = {}};
  if (length < 2 || length >= sizeof place.sun_path) return;
  std::memcpy(place.sun_path, name, length);
  if (name[0] == '@') place.sun_path[0] = '\0';
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return;
  constexpr std::string_view kReady = "READY=1";
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  (void)::sendto(socket.get(), kReady.data(), kReady.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&place), size);
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

bool descriptors_are_scarce(int fd) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(fd) >= limit.rlim_cur / 2;
}

}  // namespace cgtally::sys
