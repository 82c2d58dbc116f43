// SPDX-License-Identifier: Apache-2.0
// A process that stands for a container of a pod: in a cgroup of its own, in a netns that another
// one may share, with a server on loopback or a client of it.
#pragma once

#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>

#include "adapters/sys/fd.h"
#include "harness/host/cgroup.h"
#include "harness/host/command.h"

namespace cgtally {

inline sockaddr_in loopback_address(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

// Refused connections of `tries`, one after another.
inline std::uint32_t refused_of(std::uint32_t tries, std::uint16_t port, int pause_us) {
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < tries; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in at = loopback_address(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0) ++refused;
    ::close(fd);
    ::usleep(static_cast<useconds_t>(pause_us));
  }
  return refused;
}

// Obeys the test by a pipe: its `work` is called with each number that comes, and its answer goes
// back.
class PodContainer {
 public:
  using Work = std::function<std::uint32_t(std::uint32_t)>;
  // In the netns of `netns`, an open namespace; in a new one if that is negative.
  PodContainer(const harness::Cgroup& cgroup, int netns, Work work) {
    int orders[2];
    int answers[2];
    harness::require(::pipe2(orders, O_CLOEXEC) == 0 && ::pipe2(answers, O_CLOEXEC) == 0, "pipe");
    pid_ = ::fork();
    harness::require(pid_ >= 0, "fork");
    if (pid_ == 0) {
      ::close(orders[1]);
      run(cgroup, netns, work, orders[0], answers[1]);
    }
    ::close(orders[0]);
    ::close(answers[1]);
    orders_ = sys::Fd(orders[1]);
    answers_ = sys::Fd(answers[0]);
    (void)answer();  // it is where it shall be
  }
  PodContainer(const PodContainer&) = delete;
  PodContainer& operator=(const PodContainer&) = delete;
  ~PodContainer() { kill(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void order(std::uint32_t number) const {
    harness::require(::write(orders_.get(), &number, sizeof(number)) == sizeof(number), "order");
  }
  [[nodiscard]] std::uint32_t answer() const {
    std::uint32_t number = 0;
    harness::require(::read(answers_.get(), &number, sizeof(number)) == sizeof(number), "answer");
    return number;
  }
  std::uint32_t call(std::uint32_t number) const {
    order(number);
    return answer();
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)harness::wait_for(pid_);
    pid_ = 0;
  }

 private:
  [[noreturn]] static void run(const harness::Cgroup& cgroup, int netns, const Work& work,
                               int orders, int answers) {
    {
      std::ofstream procs(harness::cgroup2_root() + cgroup.path() + "/cgroup.procs");
      procs << "0" << std::flush;
      if (!procs) ::_exit(2);
    }
    if (netns >= 0 ? ::setns(netns, CLONE_NEWNET) != 0 : ::unshare(CLONE_NEWNET) != 0) ::_exit(3);
    std::uint32_t number = 0;
    for (bool first = true; first || ::read(orders, &number, sizeof(number)) == sizeof(number);
         first = false) {
      const std::uint32_t done = first ? 0 : work(number);
      if (::write(answers, &done, sizeof(done)) != sizeof(done)) break;
    }
    ::_exit(0);
  }

  pid_t pid_ = 0;
  sys::Fd orders_;
  sys::Fd answers_;
};

// The work of a server: 1 begins to listen, 0 ends that.
inline PodContainer::Work serving(std::uint16_t port) {
  return [port, fd = -1](std::uint32_t begin) mutable -> std::uint32_t {
    if (begin == 0) return ::close(fd) == 0 ? 0 : 1;
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    const sockaddr_in at = loopback_address(port);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0 &&
                   ::listen(fd, 512) == 0
               ? 0
               : 1;
  };
}

// The work of a proxy: so many connections, the answer is how many were refused.
inline PodContainer::Work connecting_to(std::uint16_t port, int pause_us) {
  return [port, pause_us](std::uint32_t tries) { return refused_of(tries, port, pause_us); };
}

}  // namespace cgtally
