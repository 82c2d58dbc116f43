// SPDX-License-Identifier: Apache-2.0
// Blocks the signals before it opens the signalfd: a signal that arrives in between stays pending
// and is read later.
#include "adapters/sys/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

#include "adapters/sys/error.h"

namespace cgtally::sys {

Result<SignalFd> SignalFd::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) {
    if (sigaddset(&set, signal) != 0) return std::unexpected(error_from(errno, "watch a signal"));
  }
  if (const int code = pthread_sigmask(SIG_BLOCK, &set, nullptr); code != 0) {
    return std::unexpected(error_from(code, "block signals"));
  }
  Fd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return std::unexpected(error_from(errno, "open a signalfd"));
  return SignalFd(std::move(fd));
}

std::optional<int> SignalFd::read_signal() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != ssize_t{sizeof(info)}) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace cgtally::sys
