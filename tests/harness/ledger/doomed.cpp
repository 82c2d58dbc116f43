// SPDX-License-Identifier: Apache-2.0
// The program is a tracee (ptrace), so it stops when it enters and when it leaves a system call.
#include "harness/ledger/doomed.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

bool changes_something(const __ptrace_syscall_info& info) {
  switch (info.entry.nr) {
    case SYS_bpf: {
      constexpr std::array kCommands = {BPF_OBJ_PIN, BPF_LINK_CREATE, BPF_LINK_UPDATE,
                                        BPF_LINK_DETACH, BPF_RAW_TRACEPOINT_OPEN};
      for (const auto command : kCommands) {
        if (info.entry.args[0] == static_cast<__u64>(command)) return true;
      }
      return false;
    }
    case SYS_sendto:
    case SYS_sendmsg:
#ifdef SYS_rename
    case SYS_rename:
    case SYS_mkdir:
    case SYS_unlink:
    case SYS_rmdir:
#endif
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_mkdirat:
    case SYS_unlinkat:
      return true;
    default:
      return false;
  }
}

bool waits_for_events(const __ptrace_syscall_info& info) {
#ifdef SYS_epoll_wait
  if (info.entry.nr == SYS_epoll_wait) return true;
#endif
  return info.entry.nr == SYS_epoll_pwait || info.entry.nr == SYS_ppoll;
}

pid_t start_traced(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child == 0) {
    const int null = open("/dev/null", O_RDWR);
    for (const int standard : {0, 1, 2}) dup2(null, standard);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  require(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "start " + argv[0]);
  require(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0,
          "PTRACE_SETOPTIONS");
  return child;
}

}  // namespace

bool killed_at(const std::vector<std::string>& argv, int moment) {
  const pid_t child = start_traced(argv);
  bool relevant = false;  // the call that it is in
  int passed = 0;
  int signal = 0;
  for (int status = 0;;) {
    require(ptrace(PTRACE_SYSCALL, child, nullptr, signal) == 0, "PTRACE_SYSCALL");
    require(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFEXITED(status) || WIFSIGNALED(status)) return false;
    signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
    if (signal != 0) continue;
    __ptrace_syscall_info info{};
    require(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) > 0,
            "PTRACE_GET_SYSCALL_INFO");
    const bool entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (entry) relevant = changes_something(info);
    if (relevant) ++passed;
    const bool keeps = entry && waits_for_events(info);
    if (passed < moment && !keeps) continue;
    require(kill(child, SIGKILL) == 0, "kill");
    require(waitpid(child, &status, 0) == child, "waitpid");
    return !keeps;
  }
}

}  // namespace cgtally::harness
