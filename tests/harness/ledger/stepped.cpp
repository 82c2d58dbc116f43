// SPDX-License-Identifier: Apache-2.0
#include "harness/ledger/stepped.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "harness/host/command.h"

namespace cgtally::harness {

namespace {

FirstWritten guarded;  // in the child

void open_guarded(int) {
  mprotect(guarded.memory, guarded.bytes, PROT_READ | PROT_WRITE);
  raise(SIGSTOP);
}

[[noreturn]] void be_stepped(const FirstWritten& first, const std::function<void()>& body) {
  guarded = first;
  struct sigaction action{};
  action.sa_handler = open_guarded;
  if (sigaction(SIGSEGV, &action, nullptr) != 0 ||
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0 ||
      mprotect(first.memory, first.bytes, PROT_READ) != 0) {
    _exit(2);
  }
  try {
    body();
  } catch (...) {
    _exit(3);
  }
  _exit(0);
}

int next_stop(pid_t child) {
  int status = 0;
  require(waitpid(child, &status, 0) == child, "wait for a traced child");
  return status;
}

bool stopped_by(int status, int signal) { return WIFSTOPPED(status) && WSTOPSIG(status) == signal; }

void end(pid_t child) {
  kill(child, SIGKILL);
  (void)next_stop(child);
}

}  // namespace

bool killed_after_change(const FirstWritten& first, const std::function<void()>& body,
                         const std::function<bool()>& changed, int after) {
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child == 0) be_stepped(first, body);
  const auto ensure = [child](bool holds) {
    if (holds) return;
    end(child);
    throw std::runtime_error("the stepped child failed");
  };
  const int first_stop = next_stop(child);
  if (WIFEXITED(first_stop)) {
    require(WEXITSTATUS(first_stop) == 0, "run the stepped child");
    return false;
  }
  ensure(stopped_by(first_stop, SIGSEGV));
  require(ptrace(PTRACE_CONT, child, nullptr, SIGSEGV) == 0, "PTRACE_CONT");
  ensure(stopped_by(next_stop(child), SIGSTOP));
  (void)changed();  // from here on
  for (int changes = 0;;) {
    require(ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0, "PTRACE_SINGLESTEP");
    const int status = next_stop(child);
    if (WIFEXITED(status)) {
      require(WEXITSTATUS(status) == 0, "run the stepped child");
      return false;
    }
    ensure(stopped_by(status, SIGTRAP));
    if (!changed() || ++changes < after) continue;
    end(child);
    return true;
  }
}

}  // namespace cgtally::harness
