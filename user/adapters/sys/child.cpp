// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::sys {

Result<pid_t> fork_child() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(error_from(errno, "start a helper process"));
  if (child > 0) return child;
  // A parent that died before this call is not told of.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
  (void)::setpgid(0, 0);
  return 0;
}

void end_child(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace cgtally::sys
